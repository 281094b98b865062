//! Demo data: a made-up installation of any size, for demonstrations and for
//! measuring. The same seed makes the same organizations, users and tokens; times
//! are counted back from now.
//!
//! Nothing of it leaves an audit event: an event says what somebody did, and
//! nobody did this.

mod dice;
mod names;
mod population;

use std::{mem, sync::Arc};

use guildhall_domain::{OrganizationId, OrganizationRole, Password, SessionLifetimes, UserId};

use self::population::Population;
use crate::{
    Error,
    ports::{AccessToken, Batch, BulkLoader, Clock, PasswordHasher, TokenService},
};

/// The password of every demo user.
pub const DEMO_PASSWORD: &str = "correct horse battery staple";

/// How much there is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DemoSize {
    organizations: u32,
    users: u32,
    sessions: u32,
}

/// The size makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DemoSizeError {
    /// Nothing to make, or more than is ever measured.
    #[error(
        "there must be 1 to {} organizations, and no more users or sessions than that",
        DemoSize::MAX
    )]
    OutOfBounds,
    /// Some organizations would have no owner.
    #[error("there must be at least as many users as organizations: each needs an owner")]
    TooFewUsers,
    /// Somebody would have more sessions than the service allows.
    #[error("there must be at most {} sessions for each user", DemoSize::SESSIONS_PER_USER)]
    TooManySessions,
}

impl DemoSize {
    /// The most of each.
    pub const MAX: u32 = 10_000_000;
    const SESSIONS_PER_USER: u32 = guildhall_domain::Session::MAX_PER_USER;

    /// So many of each.
    ///
    /// # Errors
    ///
    /// [`DemoSizeError`] when no consistent installation has this size.
    pub fn new(organizations: u32, users: u32, sessions: u32) -> Result<Self, DemoSizeError> {
        if organizations == 0 || [organizations, users, sessions].iter().any(|n| *n > Self::MAX) {
            return Err(DemoSizeError::OutOfBounds);
        }
        if users < organizations {
            return Err(DemoSizeError::TooFewUsers);
        }
        if sessions > users.saturating_mul(Self::SESSIONS_PER_USER) {
            return Err(DemoSizeError::TooManySessions);
        }
        Ok(Self { organizations, users, sessions })
    }

    /// Organizations.
    #[must_use]
    pub const fn organizations(&self) -> u32 {
        self.organizations
    }

    /// Users.
    #[must_use]
    pub const fn users(&self) -> u32 {
        self.users
    }

    /// Sessions.
    #[must_use]
    pub const fn sessions(&self) -> u32 {
        self.sessions
    }
}

/// How far it is: what is committed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DemoProgress {
    /// Organizations.
    pub organizations: u32,
    /// Users.
    pub users: u32,
    /// Sessions.
    pub sessions: u32,
}

/// A session that was made, for whoever is to use it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoSession {
    /// Its token.
    pub token: AccessToken,
    /// Whose it is.
    pub user: UserId,
    /// Where they are at home.
    pub home: OrganizationId,
    /// As what.
    pub role: OrganizationRole,
    /// In how many organizations they are.
    pub organizations: u32,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Filling {
    /// Everything is there.
    Filled,
    /// The store was not empty; nothing was changed.
    NotEmpty,
}

/// Fills an empty store.
pub struct FillWithDemoData {
    pub(crate) bulk: Arc<dyn BulkLoader>,
    pub(crate) hasher: Arc<dyn PasswordHasher>,
    pub(crate) tokens: Arc<dyn TokenService>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) lifetimes: SessionLifetimes,
}

impl FillWithDemoData {
    /// So many rows are written in one transaction, give or take what belongs to
    /// one organization beside its users.
    const BATCH: usize = 4000;

    /// Makes everything: organizations with their users first, then sessions, each
    /// of which is handed out before it is written. Memory grows by a few bytes
    /// for each organization and each user. If it fails or is cut off, what was
    /// committed stays and is consistent, and the store is empty no more.
    ///
    /// # Errors
    ///
    /// Failures of the store, of the hasher and of `hand_out`.
    #[tracing::instrument(level = "debug", name = "demo_data.fill", skip_all)]
    pub async fn execute<E: From<Error>>(
        &self,
        size: DemoSize,
        seed: u64,
        mut progress: impl FnMut(DemoProgress),
        mut hand_out: impl FnMut(&DemoSession) -> Result<(), E>,
    ) -> Result<Filling, E> {
        let population = Population::new(size, seed, self.clock.now(), self.lifetimes);
        let mut writer = self.writer().await?;
        let mut accounts = Accounts::new(size);
        for number in 0..size.organizations {
            let home = population.organization(number)?;
            for guest in population.guests(number) {
                accounts.joins(guest);
                writer.batch.memberships.push(population.guest(&home, guest));
            }
            writer.batch.workspaces.extend(population.workspaces(number, &home));
            writer.batch.organizations.push(home.clone());
            writer.done.organizations += 1;
            let at_home = population.at_home(number);
            for user in at_home.clone() {
                let is_first = user == at_home.start;
                let (account, membership) = population.user(user, &home, is_first)?;
                accounts.is_at_home_as(user, membership.role);
                writer.batch.users.push(account);
                writer.batch.memberships.push(membership);
                writer.done.users += 1;
                if writer.flush(Self::BATCH, &mut progress).await? == Filling::NotEmpty {
                    return Ok(Filling::NotEmpty);
                }
            }
        }
        if writer.flush(1, &mut progress).await? == Filling::NotEmpty {
            return Ok(Filling::NotEmpty);
        }
        for number in 0..size.sessions {
            let (user, session) = population.session(number);
            let (token, hash) = self.tokens.encode(population.token(number));
            let home = population.organization_id(population.home_of(user));
            let (role, organizations) = accounts.of(user);
            hand_out(&DemoSession { token, user: session.user, home, role, organizations })?;
            writer.batch.sessions.push((session, hash));
            writer.done.sessions += 1;
            let _ = writer.flush(Self::BATCH, &mut progress).await?;
        }
        let _ = writer.flush(1, &mut progress).await?;
        Ok(Filling::Filled)
    }

    async fn writer(&self) -> Result<Writer<'_>, Error> {
        let password = Password::parse(DEMO_PASSWORD.to_owned())
            .map_err(|error| Error::Internal(Box::new(error)))?;
        let password = self.hasher.hash(&password).await?;
        let (batch, done) = (Batch::empty(password), DemoProgress::default());
        Ok(Writer { bulk: &*self.bulk, batch, done, is_first: true })
    }
}

/// Hands batches to the store.
struct Writer<'a> {
    bulk: &'a dyn BulkLoader,
    batch: Batch,
    done: DemoProgress,
    is_first: bool,
}

impl Writer<'_> {
    /// Writes what there is, if that is at least so many rows.
    async fn flush(
        &mut self,
        rows: usize,
        progress: &mut impl FnMut(DemoProgress),
    ) -> Result<Filling, Error> {
        if self.batch.rows() < rows {
            return Ok(Filling::Filled);
        }
        let next = Batch::empty(self.batch.password.clone());
        let batch = mem::replace(&mut self.batch, next);
        if !mem::take(&mut self.is_first) {
            self.bulk.load(batch).await?;
        } else if !self.bulk.load_into_empty(batch).await? {
            return Ok(Filling::NotEmpty);
        }
        progress(self.done);
        Ok(Filling::Filled)
    }
}

/// What is known of users when their sessions are made.
struct Accounts(Vec<(OrganizationRole, u16)>);

impl Accounts {
    fn new(size: DemoSize) -> Self {
        Self(vec![(OrganizationRole::Member, 1); size.users as usize])
    }

    fn joins(&mut self, user: u32) {
        if let Some((_, organizations)) = self.0.get_mut(user as usize) {
            *organizations = organizations.saturating_add(1);
        }
    }

    fn is_at_home_as(&mut self, user: u32, as_what: OrganizationRole) {
        if let Some((role, _)) = self.0.get_mut(user as usize) {
            *role = as_what;
        }
    }

    fn of(&self, user: u32) -> (OrganizationRole, u32) {
        let known = self.0.get(user as usize).copied();
        let (role, organizations) = known.unwrap_or((OrganizationRole::Member, 0));
        (role, organizations.into())
    }
}

#[cfg(test)]
mod tests;
