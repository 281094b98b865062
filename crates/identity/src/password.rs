//! Argon2id, off the request threads and a bounded number at a time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::phc::{self, Output, ParamsString, Salt},
};
use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use guildhall_application::ports::{HashingError, PasswordHash, PasswordHasher, Verification};
use guildhall_domain::Password;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::spawn_blocking,
    time::timeout,
};

use crate::hash_memory::HashMemory;

/// How much hashing goes on at once. A hash takes 19 MiB and a core for tens of
/// milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct HasherOptions {
    /// Hashes computed at the same time; the number of cores.
    pub parallelism: usize,
    /// Hashes that may wait for their turn; more are refused at once.
    pub queue: usize,
    /// The longest wait.
    pub wait: Duration,
}

/// The queue of a hasher: how it is, and what it has refused since it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HasherState {
    /// Hashes that are computed.
    pub running: usize,
    /// Hashes that wait for their turn.
    pub waiting: usize,
    /// Hashes that may wait.
    pub queue: usize,
    /// How often one was refused because too many waited.
    pub refused_full: u64,
    /// How often one was refused because it had waited too long.
    pub refused_late: u64,
}

/// Argon2id at OWASP's parameters: 19 MiB, two passes, one lane.
pub struct Argon2Hasher {
    running: Arc<Semaphore>,
    admitted: Arc<Semaphore>,
    memory: Arc<HashMemory>,
    parallelism: usize,
    queue: usize,
    wait: Duration,
    refused_full: AtomicU64,
    refused_late: AtomicU64,
    /// Compared with where there is no account: valid, of the same cost, and of
    /// no password.
    decoy: PasswordHash,
}

impl Argon2Hasher {
    /// A hasher with its own queue.
    ///
    /// # Errors
    ///
    /// [`HashingError::Failed`] when the operating system has no randomness to give.
    pub fn new(options: HasherOptions) -> Result<Self, HashingError> {
        let parallelism = options.parallelism.max(1);
        Ok(Self {
            running: Arc::new(Semaphore::new(parallelism)),
            admitted: Arc::new(Semaphore::new(parallelism.saturating_add(options.queue))),
            memory: Arc::default(),
            parallelism,
            queue: options.queue,
            wait: options.wait,
            refused_full: AtomicU64::new(0),
            refused_late: AtomicU64::new(0),
            decoy: decoy()?,
        })
    }

    /// How the queue is.
    #[must_use]
    pub fn state(&self) -> HasherState {
        let running = self.parallelism.saturating_sub(self.running.available_permits());
        let places = self.parallelism.saturating_add(self.queue);
        let admitted = places.saturating_sub(self.admitted.available_permits());
        HasherState {
            running,
            waiting: admitted.saturating_sub(running),
            queue: self.queue,
            refused_full: self.refused_full.load(Relaxed),
            refused_late: self.refused_late.load(Relaxed),
        }
    }

    /// Computes on a blocking thread when it is this caller's turn. What has
    /// begun holds its place until it is done, even if the caller has gone.
    async fn run<T: Send + 'static>(
        &self,
        compute: impl FnOnce() -> Result<T, HashingError> + Send + 'static,
    ) -> Result<T, HashingError> {
        let admitted = self
            .admitted
            .clone()
            .try_acquire_owned()
            .map_err(|_| overloaded(&self.refused_full))?;
        let turn: OwnedSemaphorePermit = timeout(self.wait, self.running.clone().acquire_owned())
            .await
            .map_err(|_| overloaded(&self.refused_late))?
            .map_err(failed)?;
        let task = spawn_blocking(move || {
            let _places = (admitted, turn);
            compute()
        });
        task.await.map_err(failed)?
    }
}

#[async_trait]
impl PasswordHasher for Argon2Hasher {
    async fn hash(&self, password: &Password) -> Result<PasswordHash, HashingError> {
        let (password, memory) = (password.clone(), Arc::clone(&self.memory));
        self.run(move || hash(&memory, &password)).await
    }

    async fn verify(
        &self,
        password: &Password,
        hash: Option<PasswordHash>,
    ) -> Result<Verification, HashingError> {
        let (password, memory) = (password.clone(), Arc::clone(&self.memory));
        let is_decoy = hash.is_none();
        let hash = hash.unwrap_or_else(|| self.decoy.clone());
        let found = self.run(move || verify(&memory, &password, &hash)).await?;
        Ok(if is_decoy { Verification::Mismatch } else { found })
    }
}

fn hash(memory: &HashMemory, password: &Password) -> Result<PasswordHash, HashingError> {
    let (salt, params) = (Salt::generate(), Params::default());
    let output = computed(memory, &Argon2::default(), password, &salt, Params::DEFAULT_OUTPUT_LEN)?;
    let hash = phc::PasswordHash {
        algorithm: Algorithm::default().ident(),
        version: Some(Version::default().into()),
        params: ParamsString::try_from(&params).map_err(failed)?,
        salt: Some(salt),
        hash: Some(output),
    };
    Ok(PasswordHash::new(hash.to_string()))
}

fn verify(
    memory: &HashMemory,
    password: &Password,
    hash: &PasswordHash,
) -> Result<Verification, HashingError> {
    let hash = phc::PasswordHash::new(hash.expose()).map_err(failed)?;
    let (Some(salt), Some(expected)) = (&hash.salt, &hash.hash) else {
        return Err(failed("a hash lacks its salt or its output"));
    };
    let algorithm = Algorithm::try_from(hash.algorithm.as_str()).map_err(failed)?;
    let version = hash.version.map(Version::try_from).transpose().map_err(failed)?;
    let params = Params::try_from(&hash).map_err(failed)?;
    let argon2 = Argon2::new(algorithm, version.unwrap_or_default(), params);
    // Outputs are compared in constant time.
    if computed(memory, &argon2, password, salt, expected.len())? != *expected {
        Ok(Verification::Mismatch)
    } else if is_current(&hash) {
        Ok(Verification::Match)
    } else {
        Ok(Verification::MatchOutdated)
    }
}

fn computed(
    memory: &HashMemory,
    argon2: &Argon2<'_>,
    password: &Password,
    salt: &[u8],
    length: usize,
) -> Result<Output, HashingError> {
    let mut output = vec![0; length];
    memory.compute(argon2, password.expose().as_bytes(), salt, &mut output).map_err(failed)?;
    Output::new(&output).map_err(failed)
}

/// Whether a hash was made as it would be made today.
fn is_current(hash: &phc::PasswordHash) -> bool {
    let params = Params::try_from(hash);
    hash.algorithm == argon2::ARGON2ID_IDENT
        && hash.version == Some(Version::default().into())
        && params.is_ok_and(|params| {
            let today = Params::default();
            (params.m_cost(), params.t_cost(), params.p_cost())
                == (today.m_cost(), today.t_cost(), today.p_cost())
        })
}

#[expect(clippy::disallowed_methods, reason = "a decoy that is known beforehand is none")]
fn decoy() -> Result<PasswordHash, HashingError> {
    let mut random = [0; 48];
    getrandom::fill(&mut random).map_err(failed)?;
    let (salt, output) = random.split_at(16);
    let params = Params::default();
    Ok(PasswordHash::new(format!(
        "$argon2id$v={}$m={},t={},p={}${}${}",
        u32::from(Version::default()),
        params.m_cost(),
        params.t_cost(),
        params.p_cost(),
        STANDARD_NO_PAD.encode(salt),
        STANDARD_NO_PAD.encode(output),
    )))
}

/// Counts a refusal.
fn overloaded(counter: &AtomicU64) -> HashingError {
    counter.fetch_add(1, Relaxed);
    HashingError::Overloaded
}

#[expect(clippy::needless_pass_by_value, reason = "made for map_err")]
fn failed(error: impl ToString) -> HashingError {
    HashingError::Failed(error.to_string())
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};

    use super::*;

    fn hasher(parallelism: usize, queue: usize) -> Argon2Hasher {
        let wait = Duration::from_mins(1);
        Argon2Hasher::new(HasherOptions { parallelism, queue, wait }).unwrap()
    }

    fn password(text: &str) -> Password {
        Password::parse(text.to_owned()).unwrap()
    }

    #[tokio::test]
    async fn a_password_matches_its_own_hash_alone() {
        let hasher = hasher(2, 2);
        let hash = hasher.hash(&password("correct horse")).await.unwrap();
        let again = hasher.hash(&password("correct horse")).await.unwrap();
        assert_ne!(hash, again, "salted");
        assert!(hash.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        let standard = phc::PasswordHash::new(hash.expose()).unwrap();
        assert!(Argon2::default().verify_password(b"correct horse", &standard).is_ok());
        for (text, expected) in [
            ("correct horse", Verification::Match),
            ("Correct horse", Verification::Mismatch),
            ("correct horse ", Verification::Mismatch),
        ] {
            let found = hasher.verify(&password(text), Some(hash.clone())).await.unwrap();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[tokio::test]
    async fn hashes_of_the_past_still_match_and_say_so() {
        let weak = Argon2::from(Params::new(8192, 1, 1, None).unwrap());
        let hash: phc::PasswordHash = weak.hash_password(b"correct horse").unwrap();
        let hash = PasswordHash::new(hash.to_string());
        let hasher = hasher(1, 1);
        let found = hasher.verify(&password("correct horse"), Some(hash.clone())).await.unwrap();
        assert_eq!(found, Verification::MatchOutdated);
        let found = hasher.verify(&password("wrong horse"), Some(hash)).await.unwrap();
        assert_eq!(found, Verification::Mismatch);
    }

    #[tokio::test]
    async fn without_an_account_the_same_work_finds_a_mismatch() {
        let hasher = hasher(1, 1);
        let decoy = phc::PasswordHash::new(hasher.decoy.expose()).unwrap();
        assert!(is_current(&decoy), "costs what a real hash costs");
        let found = hasher.verify(&password("anything at all"), None).await.unwrap();
        assert_eq!(found, Verification::Mismatch);
    }

    #[tokio::test]
    async fn a_broken_hash_is_a_failure_and_no_mismatch() {
        let hash = Some(PasswordHash::new("not a hash".to_owned()));
        let result = hasher(1, 1).verify(&password("anything"), hash).await;
        assert!(matches!(result, Err(HashingError::Failed(_))));
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once() {
        let hasher = hasher(1, 2);
        let password = password("correct horse");
        let (results, ()) = tokio::join!(
            async {
                tokio::join!(hasher.hash(&password), hasher.hash(&password), hasher.hash(&password))
            },
            async {
                let full = hasher.state();
                assert_eq!((full.running, full.waiting, full.queue), (1, 2, 2));
                let refused = hasher.hash(&password).await;
                assert!(matches!(refused, Err(HashingError::Overloaded)));
            },
        );
        assert!(results.0.is_ok() && results.1.is_ok() && results.2.is_ok());
        assert!(hasher.hash(&password).await.is_ok(), "the places are free again");
        let HasherState { running, waiting, refused_full, refused_late, .. } = hasher.state();
        assert_eq!((running, waiting, refused_full, refused_late), (0, 0, 1, 0));
    }

    #[tokio::test]
    async fn a_wait_has_an_end() {
        let options = HasherOptions { parallelism: 1, queue: 1, wait: Duration::ZERO };
        let hasher = Argon2Hasher::new(options).unwrap();
        let held = hasher.running.clone().acquire_owned().await.unwrap();
        let refused = hasher.hash(&password("correct horse")).await;
        assert!(matches!(refused, Err(HashingError::Overloaded)));
        let HasherState { running, waiting, refused_full, refused_late, .. } = hasher.state();
        assert_eq!((running, waiting, refused_full, refused_late), (1, 0, 0, 1));
        drop(held);
        assert!(hasher.hash(&password("correct horse")).await.is_ok());
    }
}
