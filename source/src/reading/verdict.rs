//! The words: what the accesses and their uses add up to.

use super::engine::{AccessGuard, CodeAccess, HandlerReader, Use};
use super::expressions::names_object;
use super::facts::{CallerTie, CodeMark, Key, OwnershipFact};
use super::models::ModelOwnership;
use super::report::{
    AccessReading, AccessWord, CodeAccessVerb, Evidence, HandlerReading, IdOrigin, IdentitySource, OwnershipWord,
    UseReading,
};
use super::value::Sends;
use crate::routes::{GuardKind, RouteEntry};

/// What is said of one access, and the lines for it.
type AccessJudgement = (AccessWord, String, Vec<CodeMark>);

impl HandlerReader<'_> {
    /// Adds up what was found in a handler.
    pub(super) fn judge(self, entry: &RouteEntry) -> HandlerReading {
        let is_signed_in =
            self.identity.is_some() || entry.guards.iter().any(|guard| guard.kind == GuardKind::Authentication);
        let mut accesses: Vec<AccessReading> = Vec::new();

        for (place, access) in self.accesses.iter().enumerate() {
            if let Some(judged) = self.judge_access(access, place, is_signed_in) {
                accesses.push(self.report(access, judged));
            }
        }
        accesses.sort_by(|a, b| (&a.place, a.span).cmp(&(&b.place, b.span)));
        let (word, because) = self.whole(&accesses, is_signed_in);
        let suspicions = self.suspicions.iter().map(|mark| self.evidence(*mark)).collect();
        let request = Some(self.request_reading());
        let identity = self.identity.map(|mark| self.identity_at(mark));

        HandlerReading { word, because, identity, accesses, suspicions, request }
    }

    fn whole(&self, accesses: &[AccessReading], is_signed_in: bool) -> (OwnershipWord, String) {
        let first = |word: OwnershipWord| accesses.iter().find(|access| access.word() == word);
        // One access without a check decides, however many others are checked.
        if let Some(access) = first(OwnershipWord::NotChecked) {
            return (OwnershipWord::NotChecked, access.because.clone());
        }
        if let Some(access) = first(OwnershipWord::Unknown) {
            return (OwnershipWord::Unknown, access.because.clone());
        }
        // A gap in the reading may hide an access, so that nothing better can be said.
        if let Some(reason) = self.blocked.first() {
            return (OwnershipWord::Unknown, reason.clone());
        }
        // Looking up who calls is no check of what is reached.
        let is_check = |access: &&AccessReading| {
            access.word() == OwnershipWord::Checked
                && (access.how != AccessWord::SubjectOnly || access.what == CodeAccessVerb::List)
        };
        if let Some(access) = accesses.iter().find(is_check) {
            return (OwnershipWord::Checked, access.because.clone());
        }
        if let Some(access) = first(OwnershipWord::NotApplicable) {
            return (OwnershipWord::NotApplicable, access.because.clone());
        }
        if let Some(access) = first(OwnershipWord::Checked) {
            return (OwnershipWord::Checked, access.because.clone());
        }
        let path = self.ids.iter().find(|id| id.from == IdOrigin::Path);

        // An id in the path that reaches nothing was probably missed.
        if let Some(id) = path {
            return (OwnershipWord::Unknown, format!("what is done with `{}` of the path was not seen", id.name));
        }
        let caller = if is_signed_in { "" } else { ", and no caller is asked for" };
        (OwnershipWord::NotApplicable, format!("no object that a client can name is reached{caller}"))
    }

    fn judge_access(&self, access: &CodeAccess, place: usize, is_signed_in: bool) -> Option<AccessJudgement> {
        let owned = access.model.as_deref().map_or(ModelOwnership::Unknown, |model| self.models.owned(model));
        if let (false, Some(CallerTie::Owner)) = (access.labels.is_chosen(), access.scope) {
            if owned == ModelOwnership::IsUser && !access.is_many && access.sends == Sends::Load {
                // It only looks up who calls.
                return None;
            }
            return Some((
                AccessWord::SubjectOnly,
                format!("{} reaches what is the caller's alone", self.cite(access.mark)),
                vec![access.mark],
            ));
        }

        // A claimed identity proves nothing, and is judged with its uses.
        if let Some(tie) = access.scope.filter(|tie| *tie != CallerTie::Claimed) {
            let word = if tie == CallerTie::Owner { AccessWord::OwnerChecked } else { AccessWord::AccessChecked };
            let by = if tie == CallerTie::Owner { "the caller" } else { "a group, a share or a secret" };
            return Some((
                word,
                format!("{} is held to {by} by its own conditions", self.cite(access.mark)),
                vec![access.mark],
            ));
        }

        let uses: Vec<&Use> = access
            .uses
            .iter()
            .filter(|one| one.guard.is_none_or(|guard| guard.tie != Some(CallerTie::Absent)))
            .collect();
        // What is loaded and never leaves the handler cannot leak.
        if uses.is_empty() {
            return None;
        }
        let open: Vec<&Use> = uses.iter().copied().filter(|one| one.guard.is_none()).collect();

        if open.is_empty() {
            let guards: Vec<AccessGuard> = uses.iter().filter_map(|one| one.guard).collect();
            return Some(self.judge_guarded(&guards));
        }
        let seen = self.seen.iter().find(|fact| fact.key == Key::Object(place) && fact.tie != CallerTie::Claimed);

        // A model without an owner is not anyone's, unless some code compares it with the caller.
        if owned == ModelOwnership::No && seen.is_none() {
            let model = access.model.as_deref().unwrap_or("the object");
            let at = open.iter().map(|one| one.mark).collect();
            return Some((AccessWord::NotOwned, format!("`{model}` has no column that names an owner"), at));
        }
        let is_named = access.labels.is_chosen()
            && (!access.is_many || access.clauses.iter().any(names_object) || !access.labels.objects.is_empty());
        Some(if is_named {
            self.judge_open(access, &open, (seen, is_signed_in))
        } else {
            self.judge_list(access, &open, (owned, is_signed_in))
        })
    }

    /// Objects that nothing narrows down are served.
    fn judge_list(
        &self,
        access: &CodeAccess,
        open: &[&Use],
        (owned, is_signed_in): (ModelOwnership, bool),
    ) -> AccessJudgement {
        let at = open.iter().map(|one| one.mark).collect();
        let cite = self.cite(access.mark);
        let (word, because) = match owned {
            // Without a sign-in a list may be meant for all, but a write of owned rows without any guard is not.
            ModelOwnership::By(column) if is_signed_in || is_unguarded_write(access, open) => (
                AccessWord::NotChecked,
                format!("{cite} lists what has `{column}` for an owner without looking at the caller"),
            ),
            ModelOwnership::By(_) => (
                AccessWord::Unknown,
                format!(
                    "{cite} lists owned objects to callers who need not sign in: public or open by mistake, the code does not say"
                ),
            ),
            _ => (AccessWord::NotOwned, format!("{cite} lists objects of which no owner is known")),
        };

        (word, because, at)
    }

    /// An object that the client named is used where nothing ties it to the caller.
    fn judge_open(
        &self,
        access: &CodeAccess,
        open: &[&Use],
        (seen, is_signed_in): (Option<&OwnershipFact>, bool),
    ) -> AccessJudgement {
        let at: Vec<CodeMark> = open.iter().map(|one| one.mark).collect();
        let cite = self.cite(access.mark);
        let ends = at.first().map(|mark| self.cite(*mark)).unwrap_or_default();

        // Putting an object in relation may need no right to it: a like, a booking, a comment.
        if open.iter().all(|one| one.is_relation) {
            let because = format!(
                "{cite} is only put in relation with something new: whether that needs its owner, the code does not say"
            );
            return (AccessWord::Unknown, because, at);
        }

        // A guess by a name alone is too weak for a finding.
        if access.is_guess && seen.is_none() {
            return (AccessWord::Unknown, format!("what {cite} does with the id is not in this project"), at);
        }
        // A page for everyone shows objects by design; only a write settles it.
        if !is_signed_in && !is_unguarded_write(access, open) {
            let because = format!(
                "{ends} serves an object to callers who need not sign in: public or open by mistake, the code does not say"
            );
            return (AccessWord::Unknown, because, at);
        }

        let after = seen.map(|fact| format!("; {} does not hold for it", self.cite(fact.mark))).unwrap_or_default();
        let because =
            format!("{cite} loads by what the client names, and {ends} uses it without looking at the caller{after}");
        (AccessWord::NotChecked, because, at)
    }

    fn judge_guarded(&self, guards: &[AccessGuard]) -> AccessJudgement {
        let marks: Vec<CodeMark> = guards.iter().map(|guard| guard.mark).collect();
        let first = marks.first().map(|mark| self.cite(*mark)).unwrap_or_default();
        // The access is as well guarded as its worst use.
        let weakest = guards.iter().map(|guard| guard.tie).max_by_key(|tie| match tie {
            Some(CallerTie::Absent) => 0,
            Some(CallerTie::Owner) => 1,
            Some(CallerTie::Access) => 2,
            None => 3,
            Some(CallerTie::Claimed) => 4,
        });

        match weakest.flatten() {
            Some(CallerTie::Claimed) => (
                AccessWord::Unknown,
                format!("{first} compares with an identity from a header that a client can set"),
                marks,
            ),
            Some(CallerTie::Access) => (
                AccessWord::AccessChecked,
                format!("{first} lets through whom a group, a share or a helper admits"),
                marks,
            ),
            Some(_) => (AccessWord::OwnerChecked, format!("{first} ties it to the caller"), marks),
            None => (AccessWord::RoleGated, format!("{first} lets through a role only"), marks),
        }
    }

    fn report(&self, access: &CodeAccess, (how, because, marks): AccessJudgement) -> AccessReading {
        let owner = access.model.as_deref().and_then(|model| match self.models.owned(model) {
            ModelOwnership::By(column) => Some(column),
            ModelOwnership::IsUser => Some("id".to_owned()),
            _ => None,
        });
        let mut evidence: Vec<Evidence> = Vec::new();

        for mark in marks {
            // Six lines show the reason; more would hide it.
            if evidence.len() < 6
                && !evidence.iter().any(|known| known.module == mark.module && known.span == mark.span)
            {
                evidence.push(self.evidence(mark));
            }
        }

        AccessReading {
            what: verb_of(access),
            place: self.project.place(access.mark.module, access.mark.span),
            module: access.mark.module,
            span: access.mark.span,
            statement: access.statement,
            text: self.text(access.mark),
            model: access.model.as_deref().map(str::to_owned),
            owner,
            ids: access.labels.ids.iter().filter_map(|place| self.ids.get(place).cloned()).collect(),
            how,
            because,
            evidence,
            object: access.object.clone(),
            subject: access.subject.clone(),
            denial: access.denial,
            uses: access
                .uses
                .iter()
                .map(|one| UseReading {
                    what: one.what,
                    place: self.project.place(one.mark.module, one.mark.span),
                    module: one.mark.module,
                    span: one.mark.span,
                    is_guarded: one.guard.is_some(),
                })
                .collect(),
        }
    }

    fn identity_at(&self, mark: CodeMark) -> IdentitySource {
        IdentitySource {
            expression: self.text(mark),
            place: self.project.place(mark.module, mark.span),
            module: mark.module,
            span: mark.span,
        }
    }

    fn evidence(&self, mark: CodeMark) -> Evidence {
        Evidence {
            place: self.project.place(mark.module, mark.span),
            text: self.text(mark),
            module: mark.module,
            span: mark.span,
        }
    }

    fn cite(&self, mark: CodeMark) -> String {
        let place = self.project.place(mark.module, mark.span);
        format!("{}:{} `{}`", place.file, place.line, self.text(mark))
    }
}

/// Whether a use that nothing guards changes or deletes.
fn is_unguarded_write(access: &CodeAccess, open: &[&Use]) -> bool {
    access.sends != Sends::Load
        || open.iter().any(|one| matches!(one.what, CodeAccessVerb::Mutate | CodeAccessVerb::Delete))
}

fn verb_of(access: &CodeAccess) -> CodeAccessVerb {
    let strongest =
        access.uses.iter().filter(|one| !one.is_relation).map(|one| one.what).max_by_key(|what| match what {
            CodeAccessVerb::Create => 0,
            CodeAccessVerb::Read | CodeAccessVerb::List => 1,
            CodeAccessVerb::Mutate => 2,
            CodeAccessVerb::Delete => 3,
        });
    let read = if access.is_many { CodeAccessVerb::List } else { CodeAccessVerb::Read };
    match access.sends {
        Sends::Delete => CodeAccessVerb::Delete,
        Sends::Update => CodeAccessVerb::Mutate,
        Sends::Load | Sends::Create => strongest.unwrap_or(read),
    }
}
