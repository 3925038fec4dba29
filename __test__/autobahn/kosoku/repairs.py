"""What kosoku 0.1.0 gets wrong in the cases it carries, mended from outside.

Each of these turns a case into a lesser one, or one that nobody can pass. Each first makes sure that the fault is
there: a version without it must not be "mended".
"""

from kosoku.cases import CASES

import case12_x_x as compression


def mend():
    send_the_text_that_is_meant()
    hash_what_came_uncompressed()
    ask_for_what_every_client_must_accept()


def send_the_text_that_is_meant():
    """The valid texts of section 6 are octets, one in each character of a string, and kosoku encodes strings as UTF-8:
    the peer gets each octet as a character of its own, and the boundaries of UTF-8 are never tried."""
    mended = 0
    for case_id, case in CASES.items():
        payload = getattr(case, "PAYLOAD", None)
        if not case_id.startswith("6.") or not isinstance(payload, str):
            continue
        # What is a text already, such as 6.2.1, has no such octets.
        try:
            text = payload.encode("latin-1").decode("utf-8")
        except UnicodeError:
            continue
        mended += text != payload
        case.PAYLOAD = text
    assert mended > 50, f"only {mended} texts were encoded twice"


def hash_what_came_uncompressed():
    """A text that came without compression is a string; sections 12 and 13 hash it without encoding it."""
    received = compression.onMessage

    def on_message(case, message, binary):
        if isinstance(message, str):
            message = message.encode("utf-8")
        received(case, message, binary)

    for case in section("12.") + section("13."):
        assert case.onMessage is received
        case.onMessage = on_message


def ask_for_what_every_client_must_accept():
    """A server may answer `client_no_context_takeover` to an offer without it (RFC 7692, 7.1.1.2). kosoku takes it that
    the client would not accept that: 13.2, 13.5 and 13.6 are "unimplemented" then, and 13.7 tries what 13.1 does."""
    for sub_section, window_bits in (("13.2.", 0), ("13.5.", 9), ("13.6.", 15), ("13.7.", 9)):
        for case in section(sub_section):
            case.SERVER_ACCEPT = accept_without_context_takeover(window_bits)


def accept_without_context_takeover(window_bits):
    def accept(_case, offers):
        for offer in offers:
            assert not offer.acceptNoContextTakeover, "kosoku understands the offer"
            if offer.acceptMaxWindowBits or window_bits == 0:
                return compression.PerMessageDeflateOfferAccept(
                    offer,
                    requestNoContextTakeover=True,
                    requestMaxWindowBits=window_bits,
                )
        return None

    return accept


def section(prefix):
    return [case for case_id, case in CASES.items() if case_id.startswith(prefix)]
