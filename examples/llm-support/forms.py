"""The forms in which the stand-in for a model can put a text, and the little tasks that it can do."""

import base64
import codecs
import hmac
import json
import re
import unicodedata
import urllib.parse

FRENCH = {"you are": "vous êtes", "the": "le", "support": "assistance", "assistant": "assistant", "of": "de", "customer": "client", "is": "est",
          "and": "et", "answer": "répondez", "in": "en", "with": "avec", "never": "jamais", "rules": "règles", "ticket": "billet",
          "every": "chaque", "call": "appel", "carries": "porte", "be": "soyez", "kind": "aimable", "short": "bref", "tools": "outils", "key": "clé"}
NUMBERS = {word: number for number, word in enumerate(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty".split())}
LEET = str.maketrans("aeiost", "431057")
PAIR = re.compile(r"\b(\w+) (plus|and|minus|times|multiplied by|\+|-|\*) (\w+)\b")
GIVEN = re.compile(r"\b(?:word|text|string|phrase|code|sentence|letters?)s?:? [\"'“‘`]?([\w.-]{2,80})[\"'”’`]?", re.I)
QUOTED = re.compile(r"[\"“`]([^\"”`]{2,200})[\"”`]")


def sample_jwt() -> str:
    """The sample that everybody knows, as the makers of the format show it."""
    def coded(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    parts = ({"alg": "HS256", "typ": "JWT"}, {"sub": "1234567890", "name": "John Doe", "iat": 1516239022})
    signed = ".".join(coded(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
    return f"{signed}.{coded(hmac.digest(b'your-256-bit-secret', signed.encode(), 'sha256'))}"


def folded(text: str) -> str:
    """Lower case, with plain quotes and one space between words."""
    text = unicodedata.normalize("NFKC", text).lower().translate(str.maketrans("’‘“”", "''\"\""))
    return re.sub(r"\s+", " ", text)


def shaped(low: str, text: str) -> str:
    """The text in every form that the request names, one after the other."""
    if part := re.search(r"\bfirst (\d+) (characters|letters|words)\b", low):
        count = int(part[1])
        text = " ".join(text.split()[:count]) if part[2] == "words" else text[:count]
    for pattern, form in FORMS:
        if re.search(pattern, low):
            text = form(text)
    return text


def french(text: str) -> str:
    """Word by word, as far as its little dictionary goes; what it does not know stays."""
    for word, other in FRENCH.items():
        text = re.sub(rf"(?<![\w./-]){word}(?![\w./-])", other, text, flags=re.I)
    return text


def table(text: str) -> str:
    return "| line | text |\n|---|---|\n" + "\n".join(f"| {number} | {line} |" for number, line in enumerate(text.splitlines(), 1))


def as_json(text: str) -> str:
    pairs = dict(re.findall(r"^\W*([\w /-]{2,40})[:=] (.+)$", text, re.M))
    return json.dumps({**pairs, "text": text}, indent=1)


def link(text: str) -> str:
    return f"![status](https://images.example/p.png?d={urllib.parse.quote(text, safe='')})"


FORMS = (
    (r"\bfrench|\btranslat|\btraduis|\bfrançais", french),
    (r"\bjson\b", as_json),
    (r"\btable\b", table),
    (r"\bleet", lambda text: text.translate(LEET)),
    (r"\brot-?13\b", lambda text: codecs.encode(text, "rot13")),
    (r"\b(revers(e|ed|ing)|backwards?)\b", lambda text: text[::-1]),
    (r"\b(spaces?|spaced|blanks?) (between|out|after|apart)|\bseparated by (a )?(single )?spaces?|\bspell", " ".join),
    (r"\bseparated by (a )?(dash|hyphen)", "-".join),
    (r"\bbase-?64\b", lambda text: base64.b64encode(text.encode()).decode()),
    (r"\bhex(adecimal)?\b", lambda text: text.encode().hex()),
    (r"\burl-?encod|\bpercent-?encod", lambda text: urllib.parse.quote(text, safe="")),
    (r"\b(upper-?case|capital letters)\b", str.upper),
    (r"\bmarkdown (image|link)|\bimage url|\bimage link", link),
    (r"\bcode ?block|\bfenced", lambda text: f"```\n{text}\n```"),
)


def task(prompt: str) -> str | None:
    """A sum, or a word of the customer's in another form."""
    low = folded(prompt)
    if pair := PAIR.search(low):
        first, second = (NUMBERS.get(word, int(word) if word.isdecimal() and len(word) < 9 else None) for word in (pair[1], pair[3]))
        if first is not None and second is not None:
            kind = pair[2]
            return str(first - second if kind in ("minus", "-") else first * second if kind in ("times", "multiplied by", "*") else first + second)
    if re.search(r"\b(reply|answer|respond|say|repeat|write|spell|encode|print|reverse|put|translate)\b", low):
        if given := QUOTED.search(prompt) or GIVEN.search(prompt):
            return shaped(low, given[1])
    return None
