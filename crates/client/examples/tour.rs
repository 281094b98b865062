//! A tour of the API, as a platform admin:
//!
//! ```sh
//! cargo run -p guildhall-client --example tour -- http://127.0.0.1:8080 EMAIL PASSWORD
//! ```
//!
//! It creates an organization and deletes it again.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;

use futures_util::TryStreamExt;
use guildhall_client::{
    Client, Credentials, Limit, MemberFilter, NewOrganization, NewWorkspace, OrganizationId,
    OrganizationPatch, Patch, QuotaLimits, WorkspacePatch, WorkspaceStatus,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [url, email, password] = arguments.as_slice() else {
        return Err("usage: tour URL EMAIL PASSWORD".into());
    };

    let client = Client::new(url)?;
    client.service().readiness().await?;
    let service = client.service().info().await?;
    println!("{} {} is ready", service.message, service.version);

    let credentials = Credentials::new(email.as_str(), password.as_str());
    let signed_in = client.auth().login(&credentials).await?;
    println!("{} is signed in for {} s", signed_in.user.name, signed_in.expires_in);
    let client = client.with_token(signed_in.access_token);

    let new = NewOrganization {
        metadata: [("plan".to_owned(), "gold".to_owned())].into(),
        ..NewOrganization::new(format!("Tour {}", std::process::id()))
    };
    let created = client.organizations().create(&new, None).await?;
    println!("{} is created, with the tag {:?}", created.id, created.etag);

    change(&client, &created.id).await?;
    fill(&client, &created.id).await?;
    let stats = client.stats().await?;
    println!("{} users in {} workspaces", stats.total_users, stats.total_workspaces);
    end(&client, &created.id).await?;

    println!("{} sessions; this one ends", client.auth().sessions().await?.len());
    client.auth().logout().await?;
    match client.auth().me().await {
        Err(error) if error.is_unauthorized() => println!("{error}"),
        outcome => println!("the token outlived its session: {outcome:?}"),
    }
    Ok(())
}

/// Reads and changes an organization, each unless somebody else did.
async fn change(client: &Client, id: &OrganizationId) -> Result<(), guildhall_client::Error> {
    let organization = client.organization(id);
    let first = organization.get().await?;
    if let Some(tag) = &first.etag {
        let changed = organization.get_if_changed(tag).await?;
        println!("{} has changed: {}", first.name, changed.is_some());
    }

    let metadata = [("plan".to_owned(), None), ("region".to_owned(), Some("eu".to_owned()))];
    let patch = OrganizationPatch {
        external_id: format!("tour-{}", std::process::id()).into(),
        metadata: Patch::Set(metadata.into()),
        ..OrganizationPatch::default()
    };
    let changed = organization.patch(&patch, first.etag.as_ref()).await?;
    println!("it is now {:?}, with {:?}", changed.external_id, changed.metadata);

    if let Err(error) = organization.patch(&patch, first.etag.as_ref()).await {
        println!("the first tag is stale: {error} ({})", error.is_version_mismatch());
    }
    Ok(())
}

/// Fills an organization up to its quota.
async fn fill(client: &Client, id: &OrganizationId) -> Result<(), guildhall_client::Error> {
    let organization = client.organization(id);
    let quotas = organization.quotas().get().await?;
    let limits = QuotaLimits {
        users: Limit::NONE,
        workspaces: Limit::at_most(2),
        invitations: quotas.invitations.map(|_| Limit::at_most(10)),
    };
    organization.quotas().set(&limits, quotas.etag.as_ref()).await?;

    let workspaces = organization.workspaces();
    for name in ["Billing", "Support", "Marketing"] {
        match workspaces.create(&NewWorkspace::new(name), None).await {
            Ok(workspace) => println!("{name}: {:?}", workspace.quota),
            Err(error) if error.is_quota_exceeded() => println!("{name}: {error}"),
            Err(error) => return Err(error),
        }
    }
    let all: Vec<_> = workspaces.all().try_collect().await?;
    let running =
        WorkspacePatch { status: Some(WorkspaceStatus::Running), ..WorkspacePatch::default() };
    for workspace in &all {
        let changed = workspaces.patch(&workspace.id, &running, None).await?;
        println!("{} is {}", changed.name, changed.status);
    }

    let mut members = organization.members().all(&MemberFilter::default());
    while let Some(member) = members.try_next().await? {
        println!("{} is {} by {}", member.user.name, member.role, member.source);
    }
    let score = organization.security_score().await?;
    println!("its security score is {}, of {} checks", score.score, score.checks.len());
    Ok(())
}

/// Suspends an organization, and deletes it.
async fn end(client: &Client, id: &OrganizationId) -> Result<(), guildhall_client::Error> {
    let organization = client.organization(id);
    println!("it is {}", organization.suspend().await?.status);
    println!("it is {}", organization.activate().await?.status);
    organization.delete(None).await?;
    organization.restore().await?;
    let listed = client.organizations().whole().await?.iter().any(|found| found.id == *id);
    println!("it is back in the list: {listed}");
    organization.delete(None).await?;
    if let Err(error) = organization.get().await {
        println!("it is gone: {error}");
    }
    Ok(())
}
