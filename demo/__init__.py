"""The demo: one line performed by the built-in head, as a .blend, a film with sound and a contact sheet."""
