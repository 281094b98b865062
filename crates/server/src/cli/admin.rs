//! `guildhall admin`

use std::io::{self, BufRead, IsTerminal};

use clap::{Args, Subcommand};
use guildhall_application::{auth::NewPassword, operations::CreateAdminCommand};
use guildhall_domain::{EmailAddress, OrganizationName, PersonName};

use super::block_on;
use crate::{
    config::Configuration,
    first_admin,
    output::{self, Failure},
    wiring::Service,
};

#[derive(Subcommand)]
pub(super) enum AdminCommand {
    /// Make a platform admin; asks for the password, or reads it from standard input
    Create(CreateArguments),
}

#[derive(Args)]
pub(super) struct CreateArguments {
    /// Address of the account
    #[arg(long)]
    email: EmailAddress,
    /// Name of the person
    #[arg(long, default_value = "Administrator")]
    name: PersonName,
    /// What stands in the account's organization field: the name that the
    /// default organization gets if this account creates it
    #[arg(long, value_name = "NAME")]
    organization: Option<OrganizationName>,
}

pub(super) fn run(
    command: AdminCommand,
    load: impl FnOnce() -> Result<Configuration, Failure>,
) -> Result<(), Failure> {
    let AdminCommand::Create(CreateArguments { email, name, organization }) = command;
    let configuration = load()?;
    let password = NewPassword::parse(read_password()?)
        .map_err(|error| Failure::failed(format!("The password {error}")))?;
    let command = CreateAdminCommand { email, password, name, organization };
    guildhall_persistence::migrate(&configuration.database).map_err(Failure::failed)?;
    let service = Service::new(&configuration)?;
    let created = block_on(async {
        let created = service.use_cases.create_admin.execute(command.clone()).await;
        created.map_err(|error| first_admin::explain(error, &command))
    })?;
    output::line(format!("{} ({}) is a platform admin.", created.email, created.id));
    Ok(())
}

/// Asks twice on a terminal; takes the first line of anything else.
fn read_password() -> Result<String, Failure> {
    if !io::stdin().is_terminal() {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map_err(unreadable)?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    let password = rpassword::prompt_password("Password: ").map_err(unreadable)?;
    let again = rpassword::prompt_password("Once more: ").map_err(unreadable)?;
    if password == again {
        Ok(password)
    } else {
        Err(Failure::failed("The two passwords differ. Nothing was created."))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "made for map_err")]
fn unreadable(error: io::Error) -> Failure {
    Failure::failed(format!("The password could not be read: {error}."))
}
