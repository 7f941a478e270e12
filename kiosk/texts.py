"""What the kiosk says to the people at the glass, in English and Swahili.

One table: a key, then its English and its Swahili. Placeholders are `str.format` names, the same in both languages.
"""

from types import MappingProxyType

LANGUAGES = ("en", "sw")
"""The languages, in the order of the table's columns. The first is spoken wherever another is not known."""

_TABLE: dict[str, tuple[str, str]] = {
    # Advice: what the person at the glass can do; a scanner's reasons to try again are among the keys.
    "lift_finger": ("Lift your finger.", "Inua kidole chako."),
    "press_again": ("Put your finger on the scanner again.", "Weka kidole tena kwenye kifaa."),
    "smudged": ("Wipe your finger and the glass, then press again.", "Futa kidole na kioo, kisha ubonyeze tena."),
    "partial": (
        "Centre your fingertip on the glass, and press a little harder.",
        "Weka katikati ya ncha ya kidole kwenye kioo, na ubonyeze kwa nguvu zaidi kidogo.",
    ),
    "dry": (
        "Your finger is dry. Breathe on it, then press harder.",
        "Kidole ni kikavu. Kipulizie pumzi, kisha ubonyeze kwa nguvu zaidi.",
    ),
    "unclear": (
        "Wipe your finger, centre it, and press a little harder.",
        "Futa kidole, kiweke katikati, na ubonyeze kwa nguvu zaidi kidogo.",
    ),
    "wet": ("Your finger is wet. Dry it, then press again.", "Kidole kina maji. Kikaushe, kisha ubonyeze tena."),
    "imaging": ("Hold your finger still on the glass.", "Tuliza kidole chako kwenye kioo."),
    "residual": ("Wipe the glass, then press again.", "Futa kioo, kisha ubonyeze tena."),
    "see_office": ("Please go to the office.", "Tafadhali nenda ofisini."),
    "use_other_finger": ("Try your other finger.", "Jaribu kidole chako kingine."),
    "scanner_fault": ("The scanner is not working. Tell the office.", "Kifaa cha vidole hakifanyi kazi. Iambie ofisi."),
    "wait": ("Please wait a moment.", "Tafadhali subiri kidogo."),
    "pin_wrong": (
        "The number or the PIN is not right. Try again, or go to the office.",
        "Nambari au PIN si sahihi. Jaribu tena, au nenda ofisini.",
    ),
    "check_number": ("Check your number, or go to the office.", "Angalia nambari yako, au nenda ofisini."),
    "wipe_glass": ("Wipe the glass, then press again.", "Futa kioo, kisha ubonyeze tena."),
    "type_number": ("Not recognised? Type your number.", "Hujatambuliwa? Andika nambari yako."),
    "library_busy": (
        "The scanner is being prepared. Press again in a moment.",
        "Kifaa kinaandaliwa. Bonyeza tena baada ya muda mfupi.",
    ),
    "wait_detail": (
        "Too many tries. Try again after that, or go to the office.",
        "Umejaribu mara nyingi mno. Jaribu tena baadaye, au nenda ofisini.",
    ),
    "not_saved": ("You have NOT been recorded.", "HUJAREKODIWA."),
    # The ready screen.
    "ready_title": ("Put your finger on the scanner", "Weka kidole chako kwenye kifaa"),
    "ready_detail": ("and wait for your name", "kisha subiri jina lako"),
    # Number and finger, number and PIN.
    "number_title": ("Your number", "Nambari yako"),
    "number_keys": ("Enter: go on   Backspace: delete   Esc: cancel", "Enter: endelea   Backspace: futa   Esc: ghairi"),
    "number_is": ("Number {number}", "Nambari {number}"),
    "number_pin": ("No finger? Type your PIN and press Enter.", "Huna kidole? Andika PIN yako, kisha ubonyeze Enter."),
    "pin_title": ("Your PIN", "PIN yako"),
    "pin_type": ("Type your PIN and press Enter.", "Andika PIN yako, kisha ubonyeze Enter."),
    "no_answer": (
        "The kiosk gave no answer. Try again, or go to the office.",
        "Kioski haikujibu. Jaribu tena, au nenda ofisini.",
    ),
    # The answer to one finger.
    "welcome": ("Welcome", "Karibu"),
    "goodbye": ("Goodbye", "Kwaheri"),
    "already": ("Already recorded", "Tayari umerekodiwa"),
    "not_recognised": ("Not recognised", "Hujatambuliwa"),
    "try_again": ("Try again", "Jaribu tena"),
    "not_saved_title": ("Not saved", "Haijahifadhiwa"),
    "denied": ("Not allowed", "Hairuhusiwi"),
    "wait_title": ("Please wait", "Subiri"),
    "in_at": ("IN at {time}", "UMEINGIA saa {time}"),
    "out_at": ("OUT at {time}", "UMETOKA saa {time}"),
    "already_in_at": ("Already in at {time}", "Tayari umeingia saa {time}"),
    "already_out_at": ("Already out at {time}", "Tayari umetoka saa {time}"),
    "already_at": ("Already recorded at {time}", "Tayari umerekodiwa saa {time}"),
    # What lasts.
    "gone_title": ("Kiosk not running", "Kioski haifanyi kazi"),
    "gone_detail": ("Nothing is recorded now. Tell the office.", "Hakuna kinachorekodiwa sasa. Iambie ofisi."),
    "stale_title": ("No news from the kiosk", "Hakuna habari kutoka kioski"),
    "stale_detail": (
        "Last heard of {age} ago. Tell the office.",
        "Ilisikika mara ya mwisho {age} zilizopita. Iambie ofisi.",
    ),
    "fault_title": ("Scanner not working", "Kifaa hakifanyi kazi"),
    "locked_title": ("Scanner locked", "Kifaa kimefungwa"),
    "locked_detail": (
        "The scanner's memory is not the one this kiosk knows. Tell the office.",
        "Kumbukumbu ya kifaa si ile inayojulikana na kioski. Iambie ofisi.",
    ),
    "starting_title": ("Starting", "Inaanza"),
    "storage_title": ("Storage fault", "Hitilafu ya hifadhi"),
    "no_scanner": ("No scanner is set up.", "Hakuna kifaa kilichowekwa."),
    # Enrolment, as it goes on at the scanner.
    "enrol_title": ("Enrolment", "Usajili wa kidole"),
    "enrol_place": ("Put your finger on the scanner.", "Weka kidole chako kwenye kifaa."),
    "enrol_captured": ("Good. Press {sample} is done.", "Vizuri. Bonyezo la {sample} limekamilika."),
    "enrol_verify": (
        "Once more: put the same finger on the scanner.",
        "Mara moja tena: weka kidole kile kile kwenye kifaa.",
    ),
    "enrol_lift": ("Lift your finger.", "Inua kidole chako."),
    "enrol_retry": ("Press again.", "Bonyeza tena."),
    "enrol_done": ("Your finger is enrolled.", "Kidole chako kimesajiliwa."),
    "enrol_second": (
        "Now enrol a second finger, in case this one is hurt.",
        "Sasa sajili kidole cha pili, endapo hiki kitaumia.",
    ),
    "enrol_failed": ("Your finger was not enrolled.", "Kidole chako hakijasajiliwa."),
    # The status line.
    "line_scanner_ready": ("Scanner ready", "Kifaa tayari"),
    "line_scanner_starting": ("Scanner starting", "Kifaa kinaanza"),
    "line_scanner_fault": ("Scanner fault", "Hitilafu ya kifaa"),
    "line_scanner_locked": ("Scanner locked", "Kifaa kimefungwa"),
    "line_restoring": ("restoring fingers: {count} left", "kurejesha vidole: bado {count}"),
    "line_absent": ("people to enrol: {count}", "watu wa kusajiliwa: {count}"),
    "line_all_sent": ("All sent", "Zote zimetumwa"),
    "line_waiting": ("{count} waiting, oldest {age}", "{count} zinasubiri, ya zamani {age}"),
    "line_waiting_new": ("{count} waiting", "{count} zinasubiri"),
    "line_failed": ("{count} failed", "{count} zimeshindikana"),
    "line_last_sent": ("last sent {time}", "mwisho kutumwa {time}"),
    "line_never_sent": ("none sent yet", "hakuna iliyotumwa bado"),
    "line_sync": ("Kemru: {detail}", "Kemru: {detail}"),
    "line_clock_good": ("Time good", "Saa sahihi"),
    "line_clock_unset": ("Time not set", "Saa haijawekwa"),
    "line_storage_good": ("Storage good", "Hifadhi nzuri"),
    "line_storage": ("Storage: {detail}", "Hifadhi: {detail}"),
    "line_gone": ("Kiosk not running", "Kioski haifanyi kazi"),
    "line_stale": ("No news for {age}", "Hakuna habari kwa {age}"),
    # The status page.
    "page_title": ("Status", "Hali"),
    "page_hint": ("Esc: back", "Esc: rudi"),
    "page_kiosk": ("Kiosk", "Kioski"),
    "page_running": ("running for {age}, process {pid}", "inaendesha kwa {age}, mchakato {pid}"),
    "page_version": ("Version", "Toleo"),
    "page_clock": ("Clock", "Saa"),
    "page_storage": ("Storage", "Hifadhi"),
    "page_members": ("Members", "Wanachama"),
    "page_fingers": ("Fingers", "Vidole"),
    "page_punches": ("Punches today", "Rekodi za leo"),
    "page_roster": ("Last roster", "Orodha ya mwisho"),
    "page_never": ("never", "bado"),
    "page_station": ("Scanner {name}", "Kifaa {name}"),
    "page_slots": (
        "{used} of {capacity} places used, {glitches} line errors",
        "nafasi {used} kati ya {capacity}, makosa {glitches}",
    ),
    "page_place": ("at {place}", "mahali: {place}"),
    "page_port": ("port {port}", "mlango {port}"),
    "page_to_enrol": ("To enrol", "Wa kusajiliwa"),
    "page_absent": (
        "{count} people have to be enrolled on this scanner",
        "watu {count} wanapaswa kusajiliwa kwenye kifaa hiki",
    ),
    "page_absent_one": (
        "{count} person has to be enrolled on this scanner",
        "mtu {count} anapaswa kusajiliwa kwenye kifaa hiki",
    ),
    "page_lane_attendance": ("Attendance to Kemru", "Mahudhurio kwenda Kemru"),
    "page_lane_sms": ("SMS", "SMS"),
    "page_lane": (
        "{waiting} waiting, {failed} failed, last sent {time}",
        "{waiting} zinasubiri, {failed} zimeshindikana, mwisho {time}",
    ),
    "page_trouble": ("Trouble", "Tatizo"),
    "page_no_trouble": ("none", "hakuna"),
    "clock_synced": ("set by a time source", "imewekwa na chanzo cha muda"),
    "clock_holdover": ("was set, runs on its own now", "iliwekwa, sasa inaenda yenyewe"),
    "clock_unsynced": ("not set: connect the network or set it", "haijawekwa: unganisha mtandao au iweke"),
    "clock_manual": ("vouched for by the configuration", "imethibitishwa na mipangilio"),
    # Ages.
    "age_seconds": ("{count} s", "sekunde {count}"),
    "age_minutes": ("{count} min", "dakika {count}"),
    "age_hours": ("{count} h", "saa {count}"),
    "age_days": ("{count} d", "siku {count}"),
    # The date. Weekdays and months by Python's own numbers.
    "date": ("{weekday} {day} {month} {year}", "{weekday}, {day} {month} {year}"),
    "date_short": ("{day} {month}", "{day} {month}"),
    "weekday_0": ("Monday", "Jumatatu"),
    "weekday_1": ("Tuesday", "Jumanne"),
    "weekday_2": ("Wednesday", "Jumatano"),
    "weekday_3": ("Thursday", "Alhamisi"),
    "weekday_4": ("Friday", "Ijumaa"),
    "weekday_5": ("Saturday", "Jumamosi"),
    "weekday_6": ("Sunday", "Jumapili"),
    "month_1": ("January", "Januari"),
    "month_2": ("February", "Februari"),
    "month_3": ("March", "Machi"),
    "month_4": ("April", "Aprili"),
    "month_5": ("May", "Mei"),
    "month_6": ("June", "Juni"),
    "month_7": ("July", "Julai"),
    "month_8": ("August", "Agosti"),
    "month_9": ("September", "Septemba"),
    "month_10": ("October", "Oktoba"),
    "month_11": ("November", "Novemba"),
    "month_12": ("December", "Desemba"),
}

CATALOGUE = {
    language: MappingProxyType({key: row[column] for key, row in _TABLE.items()})
    for column, language in enumerate(LANGUAGES)
}
"""Language to key to text, read-only."""


def text(key: str, language: str = LANGUAGES[0], **values: object) -> str:
    """Find the words for `key` in `language`, with `values` filled in. A language that is not in LANGUAGES gets English.

    Raises KeyError for a key that is not in the catalogue, and for a placeholder without a value.
    """
    return CATALOGUE.get(language, CATALOGUE[LANGUAGES[0]])[key].format(**values)


def knows(key: str) -> bool:
    """Tell whether `key` is in the catalogue, for keys that came from outside."""
    return key in _TABLE
