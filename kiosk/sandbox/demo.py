"""The merchant that every sandbox knows, and the people of a fresh one. Made up; none of it opens anything elsewhere."""

from kiosk.kemru.messages import Credentials
from kiosk.sandbox.records import SandboxMember, SandboxUser
from kiosk.secret import Secret

DEMO_MERCHANT = "kemrut"
"""The merchant id of the documentation's examples."""

DEMO_API_KEY = "sandbox-api-key"

DEMO_SECRET = "sandbox-secret"  # noqa: S105  an example, valid in this sandbox only

DEMO_WEBHOOK_SECRET = "sandbox-webhook-secret"  # noqa: S105  the same

DEMO_ACCESS_TOKEN = "301-565-660-353/1953"  # noqa: S105  the documentation's example

DEMO_CREDENTIALS = Credentials(
    merchant_id=DEMO_MERCHANT,
    api_key=Secret(DEMO_API_KEY),
    secret=Secret(DEMO_SECRET),
    access_token=Secret(DEMO_ACCESS_TOKEN),
)

DEMO_MEMBERS = (
    SandboxMember("20170", "AKINYI OTIENO", "+254711000101", "Female", "Student", 16, national_id="30000101"),
    SandboxMember("20171", "KAMAU NJOROGE", "+254722000102", "Male", "Student", 16, national_id="30000102"),
    SandboxMember("20172", "HALIMA ABDI", "+254733000103", "Female", "Teacher", 16, passport="AK0000103"),
)

DEMO_USERS = (SandboxUser("717445", "Wanjiru", "Mwangi", "+254720000100", "office@school.example"),)
