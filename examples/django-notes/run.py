"""Makes a database, seeds it and serves on loopback. Weak on purpose, see PLANTED.json."""

import os
import sys
import tempfile

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_of_notes.settings")
os.environ.setdefault("NOTES_DATABASE", os.path.join(tempfile.mkdtemp(prefix="notes-"), "notes.db"))


def main():
    import django
    from django.core.management import call_command

    django.setup()
    from notes.models import seed

    call_command("migrate", run_syncdb=True, verbosity=0)
    seed()
    port = int(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("PORT", "5005"))
    call_command("runserver", f"127.0.0.1:{port}", use_reloader=False, skip_checks=True)


if __name__ == "__main__":
    main()
