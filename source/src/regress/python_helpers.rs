//! What a test in Python brings along where it needs it: changed tokens, a clock that is put back, values of an answer.

/// Names and passwords of the test's own accounts.
pub(super) const MADE_UP: &str = r#"
# The accounts of this test are made up anew each time.
WORD = "rw" + secrets.token_hex(4)
PASSWORD = "Rw7!" + secrets.token_hex(8)
ids = {}


def fresh():
    """A word that nothing was called before."""
    return "rw" + secrets.token_hex(5)

"#;

/// The same token with another signature.
pub(super) const DAMAGED: &str = r#"

def damaged(headers):
    """The same token with another signature."""
    name, value = next(iter(headers.items()))
    return {name: value[: value.rfind(".") + 1] + "A" * 43}
"#;

const UNSIGNED: &str = r#"

def unsigned(headers):
    """The same token with the algorithm none and no signature."""
    name, value = next(iter(headers.items()))
    before, space, token = value.rpartition(" ")
    head = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).decode().rstrip("=")
    return {name: before + space + head + "." + token.split(".")[1] + "."}
"#;

const LONG_AGO: &str = r#"

@contextlib.contextmanager
def long_ago():
    """Puts back the clocks that the application reads by ten years."""
    back, clock, real = 10 * 365 * 86400, time.time, datetime.datetime

    class AlsoReal(type):
        def __instancecheck__(cls, value):
            return isinstance(value, real)

    class Past(real, metaclass=AlsoReal):
        @classmethod
        def now(cls, tz=None):
            return real.now(tz) - datetime.timedelta(seconds=back)

        @classmethod
        def utcnow(cls):
            return real.now(datetime.timezone.utc).replace(tzinfo=None) - datetime.timedelta(seconds=back)

    def past():
        return clock() - back

    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.object(time, "time", past))
        stack.enter_context(mock.patch.object(datetime, "datetime", Past))
        for module in list(sys.modules.values()):
            own = getattr(module, "__name__", "").partition(".")[0]
            if own in sys.stdlib_module_names:
                continue
            for name, value in list(getattr(module, "__dict__", {}).items()):
                if value is real or value is clock:
                    stack.enter_context(mock.patch.object(module, name, Past if value is real else past))
        yield


def old(client):
    """Headers of a sign-in of years ago."""
    with long_ago():
        return owner(client)
"#;

const VALUES_OF: &str = r#"

def values_of(shown, name):
    """Every value that stands under a name in an answer, however deep."""
    if isinstance(shown, list):
        return [value for part in shown for value in values_of(part, name)]
    if not isinstance(shown, dict):
        return []
    deeper = [value for part in shown.values() for value in values_of(part, name)]
    return [value for key, value in shown.items() if key == name] + deeper
"#;

/// What is called, and the text that defines it; `damaged` stands with the callers.
pub(super) const HELPERS: [(&str, &str); 3] =
    [("unsigned(", UNSIGNED), ("old(client)", LONG_AGO), ("values_of(", VALUES_OF)];
