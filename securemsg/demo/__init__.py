"""A made-up clinic for the demo: what it says of itself, and its website.

Every person, address and number here is invented; the telephone numbers are from the range kept for fiction.
"""

from typing import Any

SLUG = "harbour-lane"

CLINIC: dict[str, Any] = {
    "slug": SLUG,
    "name": "Harbour Lane Family Practice",
    "address": "14 Harbour Lane, Port Ellery",
    "phones": ["+1 902 555 0142"],
    "doctors": ["Dr Maren Whitlock", "Dr Tobias Achterberg", "Dr Priya Nandakumar"],
    "timezone": "America/Halifax",
    "locale": "en",
    "hours_text": "Mon–Thu 8:00–17:30, Fri 8:00–15:00",
    "promise": "We usually answer within one working day.",
    "emergency": {
        "number": "911",
        "text": "Chest pain, trouble breathing, sudden weakness or heavy bleeding? Call 911 now. "
        "Nobody reads messages at night or on weekends.",
    },
    "categories": [
        {"id": "appointment", "label": "Appointment", "contact": "required"},
        {"id": "prescription", "label": "Prescription", "contact": "required"},
        {"id": "test-result", "label": "Test result", "contact": "required"},
        {"id": "medical-question", "label": "Medical question", "contact": "required"},
        {"id": "billing", "label": "Billing and insurance", "contact": "required"},
        {"id": "new-patient", "label": "Becoming a patient", "contact": "required"},
        {"id": "other", "label": "Something else", "contact": "optional"},
    ],
    "consent": "We use what you write to answer you. It is stored encrypted, and only our practice team can "
    "read it; each time one of us opens it, that is recorded. What matters for your care becomes part of "
    "your health record. Please do not use messages for emergencies. You may ask us at any time to show you "
    "or to delete what you sent.",
    "theme": {"color": "#0f5c6e"},
}
