//! What a scan that may write needs: its journal, the operations that change state, throw-away accounts; and the undoing
//! of what an earlier scan left behind.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::answers::{Overrides, Recovered, RecoveredRow};
use super::document::from_send;
use super::error::AppError;
use super::prepare::{Prepared, choose_limits};
use super::signing_back::SigningBack;
use super::state::{App, from_store};
use crate::act::{
    AccountMaker, Accounts, Cleaner, Leftover, OwnershipGuard, accounts_of, acting_operations, password_of,
};
use crate::config;
use crate::model::{Consent, Credential, Identity, Mode, Operation, Origin, ScanId, Scope, Secret};
use crate::probe::{Journal, JournalHead, Limits, Probe, RemovalGuard};
use crate::report::Report;
use crate::scan::{self, ActInput};
use crate::store;

/// The throw-away accounts of a scan.
const ACCOUNTS: [&str; 2] = ["auto-a", "auto-b"];

/// The one that is made beside them where one of them turns out to be more than a user.
const FURTHER: [&str; 1] = ["auto-c"];

/// What an undoing keeps to.
struct UndoBounds {
    scope: Scope,
    limits: Limits,
    cancel: CancellationToken,
}

/// Whether an identity is a throw-away account, by its name.
pub(in crate::app) fn is_account(name: &str) -> bool {
    ACCOUNTS.contains(&name) || FURTHER.contains(&name)
}

/// Returns the throw-away accounts that a scan will sign up, as far as a plan can know them.
pub(super) fn planned_accounts(prepared: &Prepared) -> Vec<Identity> {
    if !prepared.auto_accounts {
        return Vec::new();
    }
    let planned = |name: &str| Identity {
        name: name.to_owned(),
        role: "user".to_owned(),
        rank: 10,
        // How it signs in is known once it has signed up.
        credential: Credential::Bearer(Secret::new(String::new())),
        owns: BTreeMap::new(),
        consent: Consent::Disposable,
    };
    ACCOUNTS.map(planned).to_vec()
}

impl App {
    /// Lets a scan write, where its mode allows it: from then on every write is noted before it leaves.
    pub(super) async fn act_input(
        &self,
        id: &ScanId,
        prepared: &Prepared,
        probe: &mut Probe,
    ) -> Result<Option<ActInput>, AppError> {
        if prepared.mode < Mode::Active {
            return Ok(None);
        }
        let head = JournalHead {
            scan: id.0.clone(),
            started_at: jiff::Timestamp::now().to_string(),
            base_url: probe.base_url().to_string(),
            config: prepared.config.as_ref().map(|path| path.display().to_string()),
        };

        let folder = self.journals()?;
        // A write that is in no journal could not be undone after a crash: without one the scan does not begin.
        let journal = Journal::begin(&folder, head).map_err(|error| {
            AppError::Internal(format!("the journal of writes in {} cannot be kept: {error}", folder.display()))
        })?;
        let acting = acting_operations(&prepared.api, &|operation| prepared.is_excluded(operation));
        let base_path = probe.base_url().path().to_owned();
        let guard = OwnershipGuard::new(&prepared.api, &base_path, &acting, &prepared.identities, &prepared.llm);
        probe.allow_writes(Arc::new(journal), Arc::new(guard));
        let excluded = |operation: &Operation| prepared.is_excluded(operation);
        // Harm is measured against this look, so it comes before the sign-ups, which are the first writes.
        let before = Some(scan::look_before(&prepared.api, probe, prepared.owns(), &excluded).await);
        let accounts = if prepared.auto_accounts {
            self.accounts(id.as_str(), prepared, &acting, probe).await?
        } else {
            Accounts::default()
        };
        Ok(Some(ActInput { acting, accounts, before }))
    }

    async fn accounts(
        &self,
        scan: &str,
        prepared: &Prepared,
        acting: &[crate::act::Acting],
        probe: &mut Probe,
    ) -> Result<Accounts, AppError> {
        let key = self.journal_key()?;
        let password = |name: &str| account_password(&key, scan, name);
        let maker = AccountMaker { api: &prepared.api, acting, password: &password };
        Ok(maker.make(probe, &ACCOUNTS, &FURTHER).await)
    }

    /// Undoes what a scan of this process wrote.
    pub(super) async fn undo_own(
        &self,
        id: &ScanId,
        probe: &Probe,
        report: &mut Report,
    ) -> Result<Option<Arc<Journal>>, AppError> {
        if probe.journal().is_none() {
            return Ok(None);
        }
        let key = self.journal_key()?;
        let given = |name: &str| account_password(&key, id.as_str(), name);
        Ok(scan::undo_writes(probe, report, &given).await)
    }

    fn journals(&self) -> Result<PathBuf, AppError> {
        store::prepare_journal_folder(self.shared.data.as_deref()).map_err(from_store)
    }

    /// The key that passwords of throw-away accounts come from. It stands beside the journals, never in them: a later
    /// process can sign in again to clean up, and a journal alone tells nobody a password.
    pub(super) fn journal_key(&self) -> Result<Secret, AppError> {
        store::journal_key(self.shared.data.as_deref()).map_err(from_store)
    }

    /// Journals that scans of earlier processes left behind.
    pub(super) fn left_behind(&self) -> Vec<Journal> {
        let Ok(Some(folder)) = store::journals_if_any(self.shared.data.as_deref()) else { return Vec::new() };
        journal_files(&folder).iter().filter_map(|path| Journal::take_over(path)).collect()
    }

    /// Whether a scan of an earlier process left something behind, without touching anything.
    pub fn has_left_behind(&self) -> bool {
        let Ok(folder) = store::journals_if_any(self.shared.data.as_deref()) else { return false };
        folder.is_some_and(|folder| journal_files(&folder).iter().any(|path| Journal::take_over(path).is_some()))
    }

    /// Undoes what earlier scans of the same target left behind; for the notes of the scan that follows. What waits for
    /// another target is named only.
    pub(super) async fn recover_before(&self, prepared: &Prepared, probe: &Probe) -> Vec<String> {
        let mut notes = Vec::new();
        let cancel = probe.cancellation();

        for journal in self.left_behind() {
            let base_url = journal.head().base_url.clone();
            // The scope and the credentials of this scan are for its own target; another one does not get them.
            let is_of_another = base_url.trim_end_matches('/') != probe.base_url().as_str().trim_end_matches('/');
            if prepared.without_undo || is_of_another {
                notes.push(format!("an earlier scan left something at {base_url}; `routewarden undo` removes it"));
                continue;
            }
            let within = UndoBounds { scope: prepared.scope.clone(), limits: prepared.limits, cancel: cancel.clone() };
            let recovered = self.recover(&journal, prepared.identities.clone(), within).await;
            notes.push(recovered.unwrap_or_else(|error| failed_recovery(&journal, &error)).sentence());
        }

        notes
    }

    /// Undoes what earlier scans left behind, whatever their target: on loopback, or on the origins that are allowed.
    ///
    /// # Errors
    /// [`AppError::Usage`] when an origin cannot be read.
    pub async fn undo(&self, allow: &[String]) -> Result<Vec<Recovered>, AppError> {
        let mut origins = Vec::new();
        // All origins are read before the first undoing, so that a typing error leaves nothing half done.
        for text in allow {
            origins.push(Origin::parse(text).map_err(|error| AppError::Usage(format!("--allow {text}: {error}")))?);
        }
        let mut all = Vec::new();

        for journal in self.left_behind() {
            let recovered = self.recover_as_configured(&journal, &origins).await;
            all.push(recovered.unwrap_or_else(|error| failed_recovery(&journal, &error)));
        }
        Ok(all)
    }

    /// With the identities and origins of the configuration that the scan had.
    async fn recover_as_configured(&self, journal: &Journal, allow: &[Origin]) -> Result<Recovered, AppError> {
        let path = journal.head().config.clone().map(PathBuf::from).filter(|path| path.is_file());
        let loaded = path.map(|path| config::load(&path, &|name: &str| self.variable(name)));
        let configured = match loaded {
            Some(Ok(found)) => found,
            // Without its identities an undoing can still sign in as the throw-away accounts.
            Some(Err(error)) => {
                tracing::warn!("the configuration of scan {} cannot be read: {error}", journal.head().scan);
                config::Config::default()
            }
            None => config::Config::default(),
        };

        let origins = configured.target.allow.iter().chain(allow).cloned();
        let base_url = Url::parse(&journal.head().base_url).ok();
        let limits = choose_limits(&configured, &Overrides::default(), base_url.as_ref());
        let within = UndoBounds { scope: Scope::new(origins), limits, cancel: CancellationToken::new() };

        self.recover(journal, configured.identities, within).await
    }

    async fn recover(
        &self,
        journal: &Journal,
        identities: Vec<Identity>,
        within: UndoBounds,
    ) -> Result<Recovered, AppError> {
        let UndoBounds { scope, limits, cancel } = within;
        let head = journal.head().clone();
        let base_url =
            Url::parse(&head.base_url).map_err(|error| AppError::Internal(format!("{}: {error}", head.base_url)))?;
        // A journal is a file on disk: an address in it gets no request that the user did not allow.
        scope.permit(base_url.clone()).map_err(|error| AppError::Usage(error.to_string()))?;
        let key = self.journal_key()?;
        let given = |name: &str| account_password(&key, &head.scan, name);
        let configured: Vec<String> = identities.iter().map(|identity| identity.name.clone()).collect();
        let mut all = identities;
        all.extend(accounts_of(journal, &given).into_iter().filter(|account| !configured.contains(&account.name)));
        let redactor = self.shared.redactor.clone();
        let probe = Probe::new(scope, base_url, all.clone(), limits, redactor).map_err(from_send)?;
        let mut probe = probe.with_cancel(cancel);

        // Undoing is noted in a journal of its own, which ends with it.
        let undoing = JournalHead { scan: format!("undo-{}", head.scan), ..head.clone() };
        let _ = std::fs::remove_file(self.journals()?.join(format!("{}.jsonl", undoing.scan)));
        let own = Journal::begin(&self.journals()?, undoing).map_err(|error| AppError::Internal(error.to_string()))?;
        let own = Arc::new(own);
        let removals = RemovalGuard { entries: journal.entries(), saved: journal.saved() };
        probe.allow_writes(Arc::clone(&own), Arc::new(removals));
        let mut cleaner = Cleaner::new(&probe, journal, &given);
        cleaner.shut_out = SigningBack::new(&probe, journal, &given, limits.max_time).all(&all).await;
        let cleaned = cleaner.clean_up().await;
        own.close();

        // An unfinished journal stays, so that the next scan or `routewarden undo` tries again.
        if cleaned.finished {
            journal.close();
        }
        let waits: BTreeSet<String> = cleaned.rows.iter().filter_map(|row| row.waits_for.clone()).collect();
        let fault = (!cleaned.finished).then(|| {
            let what = waits.into_iter().take(3).collect::<Vec<_>>().join("; ");
            format!("it waits for this to change: {what}; then the next scan or `routewarden undo` tries again")
        });
        let rows = cleaned.rows.into_iter().map(recovered_row).collect();
        Ok(Recovered { scan_id: head.scan, base_url: head.base_url, rows, fault })
    }
}

fn recovered_row(row: Leftover) -> RecoveredRow {
    let because = match (row.because, row.by_hand) {
        (Some(because), Some(by_hand)) => Some(format!("{because}; by hand: {by_hand}")),
        (because, _) => because,
    };
    RecoveredRow {
        operation: row.operation,
        identity: row.identity,
        object: row.object,
        address: row.address,
        outcome: row.outcome,
        because,
    }
}

/// A journal that could not be worked on; it stays for the next time.
fn failed_recovery(journal: &Journal, error: &AppError) -> Recovered {
    Recovered {
        scan_id: journal.head().scan.clone(),
        base_url: journal.head().base_url.clone(),
        rows: Vec::new(),
        fault: Some(error.to_string()),
    }
}

fn journal_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "jsonl"))
        .collect();
    files.sort();
    files
}

/// The password of a throw-away account: the same for the same scan and name. Spare accounts (`auto-a+1`) have the
/// password of the one that they are like.
fn account_password(key: &Secret, scan: &str, name: &str) -> Secret {
    let name = name.split('+').next().unwrap_or(name);
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()) else { return Secret::new("") };
    mac.update(scan.as_bytes());
    // The zero keeps the scan `ab` with the name `c` apart from the scan `a` with the name `bc`.
    mac.update(&[0]);
    mac.update(name.as_bytes());

    password_of(&mac.finalize().into_bytes())
}
