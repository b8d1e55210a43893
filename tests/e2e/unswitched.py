"""Takes the `REPAIRED` switch out of copies of the FastAPI and Express examples, so that a repair has to be written and cannot be switched on."""

from pathlib import Path

# File, what stands there, and what is left of it where `REPAIRED` is false; all places of a text at once.
FASTAPI = (
    ("store.py", 'REPAIRED = os.environ.get("REPAIRED") == "1"\n', ""),
    ("accounts.py", "from store import REPAIRED\n", ""),
    ("accounts.py", 'extra="ignore" if REPAIRED else "allow"', 'extra="allow"'),
    ("accounts.py", '    if REPAIRED:\n        store.run("DELETE FROM tokens WHERE token = ?", token)\n', "    return None\n"),
    ("bookings.py", "from store import REPAIRED\n", ""),
    ("bookings.py", 'extra="ignore" if REPAIRED else "allow"', 'extra="allow"'),
    ("bookings.py", "own_booking(booking_id, user) if REPAIRED else any_booking(booking_id)", "any_booking(booking_id)"),
    ("bookings.py", "own_booking(booking_id, current_user(visitor)) if REPAIRED else any_booking(booking_id)", "any_booking(booking_id)"),
    ("bookings.py", "own_guest(booking_id, guest_id, user) if REPAIRED else any_guest(guest_id)", "any_guest(guest_id)"),
    ("bookings.py", "    if REPAIRED:\n        own_guest(booking_id, guest_id, user)\n    elif any_guest", "    if any_guest"),
    ("vouchers.py", "from store import REPAIRED\n", ""),
    ("vouchers.py", "admin_user if REPAIRED else current_user", "current_user"),
    ("vouchers.py", '    if REPAIRED:\n        return store.rows("SELECT * FROM vouchers WHERE owner_id = ?", user["id"])\n', ""),
    ("vouchers.py", "if REPAIRED or not new.owner_id else", "if not new.owner_id else"),
)
EXPRESS = (
    ("store.js", "export const REPAIRED = process.env.REPAIRED === '1'\n", ""),
    ("accounts.js", "import { REPAIRED, ", "import { "),
    ("accounts.js", "  if (REPAIRED && !(password.length >= 10 && /[a-z]/i.test(password) && /\\d/.test(password))) {\n"
                    "    return refuse(res, 400, 'password needs 10 characters, a letter and a digit among them')\n  }\n", ""),
    ("accounts.js", "  if (REPAIRED && recent.length >= TRIES) return refuse(res.set('Retry-After', '60'), 429, 'Too many tries')\n", ""),
    ("accounts.js", "!user && !REPAIRED", "!user"),
    ("accounts.js", "REPAIRED ? 'Wrong address or password' : 'Wrong password'", "'Wrong password'"),
    ("accounts.js", "  if (REPAIRED) sessions.delete(sessionOf(req))\n", ""),
    ("accounts.js", "  if (!REPAIRED) allowed.push('credits', 'role')\n", ""),
    ("accounts.js", "const allowed = ['displayName', 'theme']", "const allowed = ['displayName', 'theme', 'credits', 'role']"),
    ("app.js", "import { REPAIRED, ", "import { "),
    ("app.js", "REPAIRED ? [signedIn, admin] : [signedIn]", "[signedIn]"),
    ("notes.js", "import { REPAIRED, ", "import { "),
    ("notes.js", "!notebook || (REPAIRED && !mine(req, notebook))", "!notebook"),
    ("notes.js", "!REPAIRED && Number.isInteger", "Number.isInteger"),
    ("notes.js", "rows.notes.filter((note) => !REPAIRED || mine(req, note))", "rows.notes"),
    ("notes.js", "!note || (REPAIRED && !mine(req, note))", "!note"),
    ("notes.js", "  if (REPAIRED && !req.user) return refuse(res, 401, 'Sign in first')\n", ""),
    ("notes.js", "!share || (REPAIRED && !mine(req, share))", "!share"),
)
SWITCHES = {"fastapi-bookings": FASTAPI, "express-notes": EXPRESS}


def resolve_switch(copy: Path, example: str) -> None:
    """Rewrites the copy as if there had never been a repaired version; complains where the example has become another one."""
    for name, before, after in SWITCHES[example]:
        text = (copy / name).read_text()
        if before not in text:
            raise ValueError(f"{example}/{name} no longer has {before!r}")
        (copy / name).write_text(text.replace(before, after))
    left = [f"{path.name}:{number}" for path in sorted(copy.glob("*.[pj][sy]*")) if path.suffix in (".py", ".js") and path.name != "check.py"
            for number, line in enumerate(path.read_text().splitlines(), 1) if "REPAIRED" in line and "REPAIRED=1" not in line]
    if left:
        raise ValueError(f"{example} still has a switch at {', '.join(left)}")
