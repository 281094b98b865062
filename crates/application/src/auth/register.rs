//! Registering an account.

use std::{fmt, sync::Arc};

use guildhall_domain::{
    Action, AuditActor, AuditEvent, EmailAddress, MembershipSource, Organization, OrganizationName,
    OrganizationRole, Origin, PersonName, Resource, Session, Timestamp, User, UserRole,
};

use super::{NewPassword, SignedIn, signed_in::SessionStarter};
use crate::{
    Error, Fault, Settings,
    invitation::Door,
    organization::founding::{Admission, Founder},
    ports::{
        Clock, Insertion, MailJob, MailSubject, PasswordHash, PasswordHasher, Refusal,
        SignInThrottle, Store, UnitOfWork, UserQueries, UserWithOrganization,
    },
};

/// An account to be made.
#[derive(Debug, Clone)]
pub struct RegisterCommand {
    /// Its address.
    pub email: EmailAddress,
    /// Its password.
    pub password: NewPassword,
    /// The person's name.
    pub name: PersonName,
    /// How the account comes to an organization.
    pub entrance: Entrance,
}

/// How a new account comes to an organization.
#[derive(Clone)]
pub enum Entrance {
    /// Into the default organization.
    Default,
    /// Into the organization of this name, which is founded if there is none.
    Named(OrganizationName),
    /// By an invitation, of which this is the token.
    Invitation(String),
}

impl fmt::Debug for Entrance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("Default"),
            Self::Named(name) => f.debug_tuple("Named").field(name).finish(),
            Self::Invitation(_) => f.write_str("Invitation(…)"),
        }
    }
}

/// Makes an account, brings it into an organization and signs it in, all in one
/// transaction.
pub struct Register {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) users: Arc<dyn UserQueries>,
    pub(crate) hasher: Arc<dyn PasswordHasher>,
    pub(crate) throttle: Arc<dyn SignInThrottle>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) sessions: SessionStarter,
    pub(crate) founder: Founder,
    pub(crate) door: Door,
    pub(crate) settings: Arc<Settings>,
}

impl Register {
    /// Registers.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] when the password is the address,
    /// [`Error::RegistrationClosed`], [`Error::EmailTaken`],
    /// [`Error::OrganizationNameTaken`] when the organization exists and does
    /// not admit the address; [`Error::Invalid`] when the invitation cannot be
    /// accepted, [`Error::InvitationForAnother`] when it is for another address,
    /// [`Error::QuotaExceeded`]; [`Error::TooManyAttempts`],
    /// [`Error::Overloaded`], or a failure of the store. Nothing is kept then.
    #[tracing::instrument(level = "debug", name = "auth.register", skip_all)]
    pub async fn execute(
        &self,
        origin: &Origin,
        command: RegisterCommand,
    ) -> Result<SignedIn, Error> {
        command
            .password
            .check_against(&command.email)
            .map_err(|error| Error::Invalid(vec![Fault::of_field("password", error)]))?;
        let is_admitted = match &command.entrance {
            Entrance::Default => self.settings.registration.admits(false),
            Entrance::Named(_) => self.settings.registration.admits(true),
            Entrance::Invitation(_) => true,
        };
        if !is_admitted {
            return Err(self.closed());
        }
        self.throttle
            .admit(origin.ip_address, None)
            .map_err(|Refusal { retry_after, .. }| Error::TooManyAttempts { retry_after })?;
        // Hashing is dear: look for the address first. The transaction decides.
        if self.users.by_email(&command.email).await?.is_some() {
            return Err(Error::EmailTaken);
        }
        let password = self.hasher.hash(command.password.as_password()).await?;

        let mut work = self.store.begin().await?;
        let signed_in = self.register(&mut *work, origin, &command, &password).await?;
        work.commit().await?;
        Ok(signed_in)
    }

    async fn register(
        &self,
        work: &mut dyn UnitOfWork,
        origin: &Origin,
        command: &RegisterCommand,
        password: &PasswordHash,
    ) -> Result<SignedIn, Error> {
        let now = self.clock.now();
        let id = self.sessions.ids.user_id();
        let mut user =
            User::new(id, command.email.clone(), command.name.clone(), UserRole::User, now);
        user.last_sign_in_at = Some(now);
        if work.users().insert(&user, password).await? == Insertion::Conflict {
            return Err(Error::EmailTaken);
        }
        let (token, session) = self.sessions.begin(work, &user, origin, now).await?;
        self.audit_registration(work, &user, &session, origin, now).await?;

        let organization = match &command.entrance {
            Entrance::Default => self.enter(work, &mut user, origin, None, now).await?,
            Entrance::Named(name) => self.enter(work, &mut user, origin, Some(name), now).await?,
            Entrance::Invitation(token) => {
                let entry = self.door.find(work, token, now).await.map_err(no_invitation)?;
                self.door.admit(work, &mut user, &entry, origin, now).await?;
                entry.organization
            }
        };
        self.ask_for_verification(work, &user, now).await?;

        Ok(SignedIn {
            token,
            expires_in: session.expires_at - now,
            account: UserWithOrganization {
                user,
                organization: Some(organization.name.as_str().to_owned()),
            },
        })
    }

    /// Brings the new user into the organization of that name, or into the
    /// default one.
    async fn enter(
        &self,
        work: &mut dyn UnitOfWork,
        user: &mut User,
        origin: &Origin,
        name: Option<&OrganizationName>,
        now: Timestamp,
    ) -> Result<Organization, Error> {
        let admission = match name {
            Some(name) => self.founder.found_or_find(work, user, name, origin, now).await?,
            None => self.founder.default_organization(work, user, origin, now).await?,
        };
        let (organization, role) = match admission {
            Admission::Founded(organization) => (organization, OrganizationRole::Owner),
            Admission::Default(organization) => (organization, OrganizationRole::Member),
            Admission::Existing(organization) => {
                if !self.settings.auto_join.admits_registrant(&user.email, &organization) {
                    return Err(Error::OrganizationNameTaken);
                }
                (organization, OrganizationRole::Member)
            }
        };
        let source = MembershipSource::Registration;
        self.founder.add_member(work, user, &organization, role, source, origin, now).await?;
        user.home = Some(organization.id);
        work.users().update(user).await?;
        Ok(organization)
    }

    /// Queues the mail by which the address is proven, where that is asked of
    /// everybody and an invitation has not done it.
    async fn ask_for_verification(
        &self,
        work: &mut dyn UnitOfWork,
        user: &User,
        now: Timestamp,
    ) -> Result<(), Error> {
        if !self.settings.email_verification || user.email_verified_at.is_some() {
            return Ok(());
        }
        let job = MailJob {
            id: self.sessions.ids.uuid(),
            subject: MailSubject::EmailVerification(user.id),
            attempts: 0,
            queued_at: now,
        };
        Ok(work.mail_queue().enqueue(&[job]).await?)
    }

    async fn audit_registration(
        &self,
        work: &mut dyn UnitOfWork,
        user: &User,
        session: &Session,
        origin: &Origin,
        now: Timestamp,
    ) -> Result<(), Error> {
        let event = AuditEvent::new(
            self.sessions.ids.audit_event_id(),
            AuditActor::user(user),
            Action::UserRegistered,
            Resource::User(user.id),
            origin,
            now,
        )
        .with("session", session.id);
        Ok(work.audit_log().append(&event).await?)
    }

    fn closed(&self) -> Error {
        use guildhall_domain::RegistrationMode::{Invited, Named, Open};
        Error::RegistrationClosed(match self.settings.registration {
            Open | Named => "Name the organization to found or to join.",
            Invited => "Accounts are made by invitation only. Ask an administrator for one.",
        })
    }
}

/// What a token that leads nowhere is to a registrant: a fault of the field.
fn no_invitation(error: Error) -> Error {
    match error {
        Error::NotFound => Error::Invalid(vec![Fault::of_field(
            "invitation",
            "must be the token of an invitation that can still be accepted",
        )]),
        other => other,
    }
}

#[cfg(test)]
mod tests;
