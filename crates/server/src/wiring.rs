//! Which adapter stands behind which port.

use std::{num::NonZeroUsize, sync::Arc, thread::available_parallelism};

use guildhall_application::{Ports, UseCases, ports::IdGenerator};
use guildhall_identity::{
    Argon2Hasher, HasherOptions, RandomIds, RandomTokens, SignInLimits, SignInQuota,
};
use guildhall_persistence::DieselStore;

use crate::{clock::SystemClock, config::Configuration, output::Failure};

/// The parts of a running program.
pub(crate) struct Service {
    pub(crate) use_cases: Arc<UseCases>,
    pub(crate) ids: Arc<dyn IdGenerator>,
    pub(crate) limits: Arc<SignInLimits>,
}

impl Service {
    /// Opens the store and puts the use cases on it. Blocks.
    pub(crate) fn new(configuration: &Configuration) -> Result<Self, Failure> {
        let store = DieselStore::open(&configuration.database, configuration.store)
            .map_err(Failure::failed)?;
        let cores = available_parallelism().map_or(1, NonZeroUsize::get);
        let hasher = Argon2Hasher::new(HasherOptions {
            parallelism: cores,
            queue: configuration.hashing.queue,
            wait: configuration.hashing.wait,
        });
        let limits = Arc::new(if configuration.rate_limits {
            SignInLimits::new(SignInQuota::default())
        } else {
            SignInLimits::unlimited()
        });
        let ids = Arc::new(RandomIds);
        let ports = Ports {
            store: Arc::new(store.clone()),
            organizations: Arc::new(store.clone()),
            members: Arc::new(store.clone()),
            workspaces: Arc::new(store.clone()),
            users: Arc::new(store.clone()),
            sessions: Arc::new(store.clone()),
            stats: Arc::new(store.clone()),
            maintenance: Arc::new(store),
            hasher: Arc::new(hasher.map_err(Failure::failed)?),
            tokens: Arc::new(RandomTokens),
            throttle: limits.clone(),
            clock: Arc::new(SystemClock),
            ids: ids.clone(),
        };
        let use_cases = Arc::new(UseCases::new(ports, configuration.settings.clone()));
        Ok(Self { use_cases, ids, limits })
    }
}
