//! Every remedy in every framework: small weak handlers, each with the change that is wanted of it. The first word of a
//! path names the remedy: `/query-plus/{name}`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Stdio};

use routewarden_source::fix::{FixFacts, Proposal, RefusalReason, RemedyKind, propose_fix};

use super::kit::{Given, assert_verified, changed, strings};

/// What has no recipe yet, and the reason that is said.
const REFUSED: [(&str, &str, RefusalReason); 7] = [
    ("spring", "guard", RefusalReason::MissingFact),
    ("spring", "log", RefusalReason::NothingToDo),
    ("spring", "owner", RefusalReason::NoIdentity),
    ("spring", "owner-two", RefusalReason::NoIdentity),
    ("spring", "path", RefusalReason::NotSupported),
    ("spring", "rate", RefusalReason::NotSupported),
    ("spring", "ssrf", RefusalReason::NotSupported),
];

/// Lines that must be among those that a change brings.
const BRINGS: [(&str, &str, &str); 32] = [
    ("django", "query-f", "cursor.execute(\"SELECT id FROM people WHERE name = %s\", (name,))"),
    ("django", "query-raw", ".raw(\"SELECT id FROM people WHERE name = %s\", (name,))"),
    ("django", "path-open", "not Path(\"uploads/\" + name).resolve().is_relative_to(Path(\"uploads/\").resolve())"),
    ("express", "list", "FROM notes WHERE owner_id = ?').all(req.user.sub));"),
    ("express", "owner", "if (!note || note.owner_id !== req.user.sub) return res.status(404).end();"),
    ("express", "path-f", "startsWith(path.resolve('./uploads/') + path.sep)) return res.status(404).end();"),
    ("express", "path-join", "path.resolve(path.join(__dirname, 'uploads')) + path.sep"),
    ("express", "path-plus", "path.resolve(__dirname + '/uploads/') + path.sep"),
    ("express", "query-f", "db.prepare(`SELECT id FROM people WHERE name = ?`).all(req.params.name)"),
    ("express", "query-plus", "db.prepare(\"SELECT id FROM people WHERE name = ?\").all(name)"),
    ("express", "query-pool", "pool.query(`SELECT id FROM people WHERE name = ?`, [name])"),
    ("express", "query-variable", "pool.query(sql, [`%${req.query.name}%`])"),
    ("express", "ssrf", "await fetch(url, { redirect: 'error' })"),
    ("express", "ssrf-axios", "await axios.get(req.body.url, { maxRedirects: 0, timeout: 5000 })"),
    (
        "fastapi",
        "fields-new",
        "PersonRow(**{name: value for name, value in body.items() if name in (\"name\", \"phone\")})",
    ),
    ("fastapi", "list", "select(Note).where(Note.owner_id == user[\"sub\"])"),
    ("fastapi", "path-div", "not Path(UPLOADS / name).resolve().is_relative_to(Path(UPLOADS).resolve())"),
    ("fastapi", "query-f", "text(\"SELECT id FROM people WHERE name = :name\"), {\"name\": name})"),
    ("flask", "owner", "WHERE id = ? AND owner_id = ?\", (note_id, user[\"sub\"]))"),
    ("flask", "query-format", "execute(\"SELECT id FROM people WHERE name = ?\", (name,))"),
    ("flask", "query-percent", "execute(\"SELECT id FROM people WHERE name = ? AND kind = ?\", (name, 3))"),
    ("flask", "query-plus", "execute(\"SELECT id FROM people WHERE name = ? ORDER BY id\", (name,))"),
    ("flask", "query-variable", "execute(sql, (f\"%{name}%\",))"),
    ("nest", "fields", "Object.entries(body).filter(([name]) => ['name', 'phone'].includes(name))"),
    ("nest", "list", "this.notes.find({ where: { ownerId: req.user.sub } })"),
    ("nest", "rate", "@UseGuards(FewCallsGuard)"),
    ("nest", "role", "@UseGuards(JwtGuard, RolesGuard)"),
    ("nest", "shown", "(await this.people.findOneBy({ id }))"),
    ("nest", "ssrf-fetch", "if (!(await isPublicAddress(body.url))) throw new BadRequestException();"),
    ("nest", "token", "jwt.verify(req.headers.authorization.slice(7), process.env.KEY, { algorithms: ['HS256'] })"),
    ("spring", "query", "jdbc.query(\"SELECT id FROM people WHERE name = ?\", mapper, name)"),
    ("spring", "role", "@PreAuthorize(\"hasRole('ADMIN')\")"),
];

/// The remedy that a route is weak in.
fn remedy_of(word: &str) -> Option<RemedyKind> {
    Some(match word.split('-').next()? {
        "cors" => RemedyKind::CorsOrigins,
        "fields" => RemedyKind::FieldAllowList,
        "guard" => RemedyKind::MissingGuard,
        "list" => RemedyKind::ScopedList,
        "log" => RemedyKind::LogRedaction,
        "model" => RemedyKind::ModelContext,
        "owner" => RemedyKind::ObjectOwnership,
        "path" => RemedyKind::SafePath,
        "query" => RemedyKind::ParameterisedQuery,
        "rate" => RemedyKind::RateLimit,
        "role" => RemedyKind::RoleGuard,
        "shown" => RemedyKind::ResponseSchema,
        "ssrf" => RemedyKind::SsrfGuard,
        "token" => RemedyKind::VerifyToken,
        _ => return None,
    })
}

/// What a scan would know.
fn known(framework: &str, remedy: RemedyKind) -> FixFacts {
    let owner = if framework == "nest" { "ownerId" } else { "owner_id" };
    let mut facts = FixFacts::default();
    match remedy {
        RemedyKind::CorsOrigins => facts.origins = strings(&["https://app.example"]),
        RemedyKind::FieldAllowList => {
            facts.not_settable = strings(&["role"]);
            facts.documented = strings(&["name", "phone"]);
        }
        RemedyKind::ObjectOwnership | RemedyKind::ScopedList if framework != "django" => {
            facts.owner_fields = strings(&[owner]);
        }
        RemedyKind::ParameterisedQuery | RemedyKind::SafePath => facts.input = Some("name".to_owned()),
        RemedyKind::ResponseSchema => facts.leaking = strings(&["password"]),
        RemedyKind::RoleGuard => facts.role = Some("admin".to_owned()),
        RemedyKind::SsrfGuard => facts.input = Some("url".to_owned()),
        _ => {}
    }
    facts
}

/// Asserts that git takes the diff in a copy of the folder.
fn assert_git_applies(folder: &Path, proposal: &Proposal) {
    let copy = tempfile::tempdir().unwrap();
    for file in proposal.files.keys() {
        let to = copy.path().join(file);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(folder.join(file), &to).unwrap();
    }
    std::fs::write(copy.path().join("change.diff"), &proposal.diff).unwrap();
    let mut git = Command::new("git");
    git.args(["apply", "change.diff"]).current_dir(copy.path()).stdout(Stdio::null());
    assert!(git.status().unwrap().success(), "{}", proposal.diff);
    for (file, text) in &proposal.files {
        assert_eq!(&std::fs::read_to_string(copy.path().join(file)).unwrap(), text, "{file}");
    }
}

/// What became of each weak route of a framework: the changed lines, or why there are none.
fn read_framework(framework: &str) -> BTreeMap<String, Result<String, RefusalReason>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reads/fix/matrix").join(framework);
    let given = Given::folder(&folder);
    let mut found = BTreeMap::new();
    for entry in &given.routes.routes {
        let word = entry.path.trim_matches('/').split('/').next().unwrap_or_default();
        let Some(remedy) = remedy_of(word) else { continue };
        let made = propose_fix(&given.ask(entry, remedy, known(framework, remedy)));
        if let Ok(proposal) = &made {
            assert!(proposal.verification.idempotent, "{framework} {word} is proposed again: {}", proposal.diff);
            assert_verified(proposal);
            assert_git_applies(&folder, proposal);
        }
        found.insert(word.to_owned(), made.map(|made| changed(&made)).map_err(|refusal| refusal.reason));
    }
    found
}

#[test]
fn every_remedy_has_a_change_in_every_framework_or_a_reason() {
    let mut faults: Vec<String> = Vec::new();
    for framework in ["django", "express", "fastapi", "flask", "nest", "spring"] {
        let cells = read_framework(framework);
        let remedies: BTreeSet<RemedyKind> = cells.keys().filter_map(|word| remedy_of(word)).collect();
        if framework != "spring" {
            assert_eq!(remedies.len(), 14, "{framework}: {remedies:?}");
        }
        for (word, cell) in &cells {
            let expected = REFUSED.iter().find(|(of, known, _)| *of == framework && known == word).map(|cell| cell.2);
            match (cell, expected) {
                (Ok(lines), None) => {
                    let wanted = BRINGS.iter().filter(|(of, known, _)| *of == framework && known == word);
                    let missing = wanted.filter(|(.., line)| !lines.contains(line));
                    faults.extend(missing.map(|(.., line)| format!("{framework} {word}: no `{line}` in\n{lines}")));
                }
                (Err(reason), expected) if Some(*reason) == expected => {}
                (cell, expected) => faults.push(format!("{framework} {word}: {cell:?}, expected {expected:?}")),
            }
        }
        let unread = BRINGS.iter().filter(|(of, word, _)| *of == framework && !cells.contains_key(*word));
        faults.extend(unread.map(|(_, word, _)| format!("{framework}: no route {word}")));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
