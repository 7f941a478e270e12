"""The demonstration: a whole kiosk with an emulated scanner and Kemru's sandbox, in one temporary folder."""
