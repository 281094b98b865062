//! Every use case, put together from the ports that an installation has.

use std::sync::Arc;

use crate::{
    Settings,
    audit::{
        AuditCheckpoints, AuditSigner, DropOldEntries, ExportAuditLogs, ListAuditEvents,
        MakeCheckpoints, VerifyAuditLogs,
    },
    auth::{
        Authenticate, ChangePassword, EndOtherSessions, EndSession, ListSessions, LogIn, LogOut,
        Register, ResetPassword, SessionEnder, SessionStarter, SessionUses, VerifyEmail,
    },
    demo::FillWithDemoData,
    invitation::{
        AcceptInvitation, DeclineInvitation, Door, Invite, ListInvitations, ManageInvitation,
    },
    mail::DeliverMail,
    member::{ListMembers, RemoveMember, SetMember},
    operations::{CheckHealth, CreateAdmin, Doctor, Heartbeat, PurgeOrganizations, Sweep},
    organization::{
        ChangeOrganization, CreateOrganization, DeleteOrganization, EnsureDefaultOrganization,
        GetOrganization, ListOrganizations, OrganizationEditor, OrganizationReader,
        SuspendOrganization, founding::Founder,
    },
    ports::{
        AuditLogs, AuditQueries, AuditRetention, BulkLoader, Clock, IdGenerator, InvitationQueries,
        Mailer, Maintenance, MemberQueries, OrganizationQueries, PasswordHasher, SessionQueries,
        SignInThrottle, StatsQueries, Store, TokenService, UserQueries, WorkspaceQueries,
    },
    quota::ManageQuotas,
    stats::{GetSecurityScore, GetStats},
    user::{ChangeUser, DeleteUser, ListUsers, UserEditor},
    workspace::{AllocateWorkspace, ChangeWorkspace, ListWorkspaces},
};

/// What use cases need of the world.
#[derive(Clone)]
#[expect(missing_docs, reason = "each field is documented by its trait")]
pub struct Ports {
    pub store: Arc<dyn Store>,
    pub organizations: Arc<dyn OrganizationQueries>,
    pub members: Arc<dyn MemberQueries>,
    pub workspaces: Arc<dyn WorkspaceQueries>,
    pub invitations: Arc<dyn InvitationQueries>,
    pub users: Arc<dyn UserQueries>,
    pub sessions: Arc<dyn SessionQueries>,
    pub stats: Arc<dyn StatsQueries>,
    pub audit: Arc<dyn AuditQueries>,
    pub audit_logs: Arc<dyn AuditLogs>,
    pub audit_retention: Arc<dyn AuditRetention>,
    pub maintenance: Arc<dyn Maintenance>,
    pub bulk: Arc<dyn BulkLoader>,
    pub hasher: Arc<dyn PasswordHasher>,
    pub tokens: Arc<dyn TokenService>,
    pub throttle: Arc<dyn SignInThrottle>,
    pub mailer: Arc<dyn Mailer>,
    pub audit_signer: Option<AuditSigner>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn IdGenerator>,
}

/// Every use case of Guildhall.
#[expect(missing_docs, reason = "each field is documented by its type")]
pub struct UseCases {
    pub register: Register,
    pub log_in: LogIn,
    pub authenticate: Authenticate,
    pub session_uses: Arc<SessionUses>,
    pub log_out: LogOut,
    pub list_sessions: ListSessions,
    pub end_session: EndSession,
    pub end_other_sessions: EndOtherSessions,
    pub change_password: ChangePassword,
    pub reset_password: ResetPassword,
    pub verify_email: VerifyEmail,
    pub list_users: ListUsers,
    pub change_user: ChangeUser,
    pub delete_user: DeleteUser,
    pub list_organizations: ListOrganizations,
    pub get_organization: GetOrganization,
    pub create_organization: CreateOrganization,
    pub change_organization: ChangeOrganization,
    pub suspend_organization: SuspendOrganization,
    pub delete_organization: DeleteOrganization,
    pub list_members: ListMembers,
    pub set_member: SetMember,
    pub remove_member: RemoveMember,
    pub invite: Invite,
    pub list_invitations: ListInvitations,
    pub manage_invitation: ManageInvitation,
    pub accept_invitation: AcceptInvitation,
    pub decline_invitation: DeclineInvitation,
    pub list_workspaces: ListWorkspaces,
    pub allocate_workspace: AllocateWorkspace,
    pub change_workspace: ChangeWorkspace,
    pub manage_quotas: ManageQuotas,
    pub get_stats: GetStats,
    pub get_security_score: GetSecurityScore,
    pub list_audit_events: ListAuditEvents,
    pub audit_checkpoints: AuditCheckpoints,
    pub make_checkpoints: MakeCheckpoints,
    pub drop_old_entries: DropOldEntries,
    pub verify_audit_logs: VerifyAuditLogs,
    pub export_audit_logs: ExportAuditLogs,
    pub check_health: CheckHealth,
    pub create_admin: CreateAdmin,
    pub doctor: Doctor,
    pub heartbeat: Heartbeat,
    pub sweep: Sweep,
    pub purge_organizations: PurgeOrganizations,
    pub deliver_mail: DeliverMail,
    pub fill_with_demo_data: FillWithDemoData,
}

impl UseCases {
    /// Puts the use cases together.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "a list of what goes where")]
    pub fn new(ports: Ports, settings: Settings) -> Self {
        let Ports {
            store,
            organizations,
            members,
            workspaces,
            invitations,
            users,
            sessions,
            stats,
            audit,
            audit_logs,
            audit_retention,
            maintenance,
            bulk,
            hasher,
            tokens,
            throttle,
            mailer,
            audit_signer,
            clock,
            ids,
        } = ports;
        let settings = Arc::new(settings);
        let lifetimes = settings.session_lifetimes;
        let retention_months = settings.audit_retention_months;
        let starter = SessionStarter { tokens: tokens.clone(), ids: ids.clone(), lifetimes };
        let ender = SessionEnder { store: store.clone(), clock: clock.clone(), ids: ids.clone() };
        let editor =
            OrganizationEditor { store: store.clone(), clock: clock.clone(), ids: ids.clone() };
        let session_uses = Arc::new(SessionUses::new(store.clone()));
        let reader = OrganizationReader(organizations.clone());
        let audit_reader = reader.clone();
        let founder = Founder { ids: ids.clone(), settings: settings.clone() };
        let door = Door { tokens: tokens.clone(), ids: ids.clone() };
        let user_editor = UserEditor {
            store: store.clone(),
            users: users.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
        };
        Self {
            register: Register {
                store: store.clone(),
                users: users.clone(),
                hasher: hasher.clone(),
                throttle: throttle.clone(),
                clock: clock.clone(),
                sessions: starter.clone(),
                founder: founder.clone(),
                door: door.clone(),
                settings: settings.clone(),
            },
            log_in: LogIn {
                store: store.clone(),
                users: users.clone(),
                hasher: hasher.clone(),
                throttle: throttle.clone(),
                clock: clock.clone(),
                sessions: starter,
            },
            authenticate: Authenticate {
                sessions: sessions.clone(),
                uses: session_uses.clone(),
                tokens: tokens.clone(),
                clock: clock.clone(),
                lifetimes,
            },
            session_uses,
            log_out: LogOut(ender.clone()),
            end_session: EndSession(ender.clone()),
            end_other_sessions: EndOtherSessions(ender),
            list_sessions: ListSessions { sessions, clock: clock.clone() },
            change_password: ChangePassword {
                store: store.clone(),
                users: users.clone(),
                hasher: hasher.clone(),
                throttle: throttle.clone(),
                clock: clock.clone(),
                ids: ids.clone(),
            },
            reset_password: ResetPassword {
                store: store.clone(),
                hasher: hasher.clone(),
                tokens: tokens.clone(),
                throttle: throttle.clone(),
                clock: clock.clone(),
                ids: ids.clone(),
                settings: settings.clone(),
            },
            verify_email: VerifyEmail {
                store: store.clone(),
                tokens: tokens.clone(),
                throttle,
                clock: clock.clone(),
                ids: ids.clone(),
                settings: settings.clone(),
            },
            list_users: ListUsers { users: users.clone() },
            change_user: ChangeUser { editor: user_editor.clone() },
            delete_user: DeleteUser { users: user_editor, organizations: editor.clone() },
            list_organizations: ListOrganizations {
                organizations,
                ensure_default: EnsureDefaultOrganization {
                    store: store.clone(),
                    clock: clock.clone(),
                    founder,
                    settings: settings.clone(),
                },
            },
            get_organization: GetOrganization { reader: reader.clone() },
            create_organization: CreateOrganization {
                editor: editor.clone(),
                users,
                settings: settings.clone(),
            },
            change_organization: ChangeOrganization { editor: editor.clone() },
            suspend_organization: SuspendOrganization { editor: editor.clone() },
            delete_organization: DeleteOrganization {
                editor: editor.clone(),
                settings: settings.clone(),
            },
            list_members: ListMembers { reader: reader.clone(), members: members.clone() },
            set_member: SetMember { editor: editor.clone(), members },
            remove_member: RemoveMember { editor: editor.clone() },
            invite: Invite { editor: editor.clone(), settings: settings.clone() },
            list_invitations: ListInvitations {
                reader: reader.clone(),
                invitations: invitations.clone(),
                tokens: tokens.clone(),
                clock: clock.clone(),
            },
            manage_invitation: ManageInvitation {
                editor: editor.clone(),
                settings: settings.clone(),
            },
            accept_invitation: AcceptInvitation {
                store: store.clone(),
                clock: clock.clone(),
                door: door.clone(),
            },
            decline_invitation: DeclineInvitation {
                store: store.clone(),
                clock: clock.clone(),
                door,
            },
            list_workspaces: ListWorkspaces { reader: reader.clone(), workspaces },
            allocate_workspace: AllocateWorkspace { editor: editor.clone() },
            change_workspace: ChangeWorkspace { editor: editor.clone() },
            get_security_score: GetSecurityScore {
                reader: reader.clone(),
                stats: stats.clone(),
                clock: clock.clone(),
                settings: settings.clone(),
            },
            manage_quotas: ManageQuotas { reader, invitations, editor },
            get_stats: GetStats { stats, clock: clock.clone(), settings: settings.clone() },
            purge_organizations: PurgeOrganizations {
                maintenance: maintenance.clone(),
                clock: clock.clone(),
                ids: ids.clone(),
                settings: settings.clone(),
            },
            deliver_mail: DeliverMail {
                store: store.clone(),
                maintenance: maintenance.clone(),
                mailer,
                tokens: tokens.clone(),
                clock: clock.clone(),
                settings,
            },
            list_audit_events: ListAuditEvents {
                reader: audit_reader.clone(),
                audit: audit.clone(),
            },
            audit_checkpoints: AuditCheckpoints { reader: audit_reader, audit: audit.clone() },
            make_checkpoints: MakeCheckpoints {
                logs: audit_logs.clone(),
                clock: clock.clone(),
                signer: audit_signer.clone(),
            },
            drop_old_entries: DropOldEntries {
                retention: audit_retention,
                clock: clock.clone(),
                signer: audit_signer,
                months: retention_months,
            },
            verify_audit_logs: VerifyAuditLogs { audit: audit.clone(), logs: audit_logs.clone() },
            export_audit_logs: ExportAuditLogs { audit, logs: audit_logs },
            check_health: CheckHealth(maintenance.clone()),
            create_admin: CreateAdmin {
                store,
                hasher: hasher.clone(),
                clock: clock.clone(),
                ids: ids.clone(),
            },
            doctor: Doctor {
                maintenance: maintenance.clone(),
                clock: clock.clone(),
                ids: ids.clone(),
            },
            heartbeat: Heartbeat { maintenance: maintenance.clone(), clock: clock.clone(), ids },
            sweep: Sweep { maintenance, clock: clock.clone() },
            fill_with_demo_data: FillWithDemoData { bulk, hasher, tokens, clock, lifetimes },
        }
    }
}
