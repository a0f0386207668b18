"""What each role allows, in a few words for the owner who gives it: desk/access.py in sentences. In English, as the page is."""

_AT_WORK = "Reads and answers what is in their pools."
_CLINICAL = "Reads and answers what is in their pools or in none; opens another in an emergency."
ALLOWS = {
    "front_desk": _AT_WORK, "nurse": _CLINICAL, "doctor": _CLINICAL, "billing": _AT_WORK,
    "manager": "Sees what waits in every pool and moves it on; looks after pools and ready replies. Reads no messages.",
    "compliance": "Sees who did what; holds, erases and exports. Reads a conversation only for a reason, which is reviewed.",
    "owner": "Sets up the clinic, its people and plugins; sees who did what. Reads no messages.",
    "staff": "As nurse and doctor, where a clinic makes no difference between its people.",
    "auditor": "Sees who did what, and never a word of what was said."}
