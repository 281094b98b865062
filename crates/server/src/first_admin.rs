//! The first platform admin, made at the first start from the configuration.

use guildhall_application::{Error, UseCases, operations::CreateAdminCommand, with_causes};

use crate::output::Failure;

/// Makes the account that the configuration names, if the installation has no
/// platform admin yet. An account that has the address already stays what it
/// is: anybody may have registered it before the configuration named it.
pub(crate) async fn ensure(
    use_cases: &UseCases,
    command: Option<CreateAdminCommand>,
) -> Result<(), Failure> {
    let Some(command) = command else { return Ok(()) };
    match use_cases.create_admin.ensure_first(command.clone()).await {
        Ok(Some(user)) => {
            tracing::info!(user = %user.id, "the first platform admin was made");
            Ok(())
        }
        Ok(None) => Ok(()),
        Err(Error::EmailTaken) => {
            tracing::warn!(
                email = %command.email,
                "no platform admin was made: the configured address has an account already, \
                 whose owner may be anybody. Configure another address as admin.email, or run \
                 `guildhall admin create` with one"
            );
            Ok(())
        }
        Err(error) => Err(explain(error, &command)),
    }
}

/// Why an admin could not be made, for the person who wanted them made.
pub(crate) fn explain(error: Error, command: &CreateAdminCommand) -> Failure {
    match error {
        Error::EmailTaken => Failure::failed(format!(
            "{} has an account already. Choose another address.",
            command.email
        )),
        Error::Invalid(faults) => {
            let details: Vec<_> = faults.iter().map(|fault| fault.detail.as_str()).collect();
            Failure::failed(format!("The password {}.", details.join("; ")))
        }
        other => Failure::failed(with_causes(&other)),
    }
}
