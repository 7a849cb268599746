//! Signing in, and going on with the session that is kept.

use super::{Signed, connect, words};
use crate::{
    login::with_scheme,
    server::or_other_scheme,
    tui::{
        entry::Me,
        home::Home,
        message::SignIn,
        safe::Safe,
        sign_in::{Denied, Row},
    },
};
use parlor_client::{
    Client, Error,
    protocol::{ErrorType, text::Refusal},
};

/// Signs in, or makes the account first.
pub(crate) async fn sign_in(home: &Home, wanted: SignIn) -> Result<Signed, Denied> {
    let SignIn { server, register, email, password } = wanted;
    let server = with_scheme(&server);
    let client = home.client(&server).await.map_err(|error| denied(&error))?;
    let user = if let Some(name) = register {
        let name = parsed(Row::Name, "name", name)?;
        let email = parsed(Row::Email, "e-mail address", email)?;
        let password = parsed(Row::Password, "password", password)?;
        client.register(name, email, password).await
    } else {
        let email = parsed(Row::Email, "e-mail address", email)?;
        client.sign_in(email, parsed(Row::Password, "password", password)?).await
    };
    let user = match user {
        Ok(user) => user,
        Err(error) => return Err(denied(&or_other_scheme(&server, error).await)),
    };
    begin(home, client, &server, user.email).await.map_err(|error| denied(&error))
}

/// What the form says of it, and where it is to be mended.
fn denied(error: &Error) -> Denied {
    let field = error.api().and_then(|api| api.errors.first()).map(|fault| fault.field.as_str());
    let row = match (error, error.kind(), field) {
        (_, _, Some("username")) => Row::Name,
        (_, _, Some("email")) => Row::Email,
        (_, Some(ErrorType::Conflict), _) => taken(error),
        (
            Error::BadUrl(_) | Error::Unreachable(_) | Error::NoAnswer { .. } | Error::Unintelligible { .. },
            ..,
        ) => Row::Server,
        _ => Row::Password,
    };
    let is_password = field == Some("password") || error.kind() == Some(ErrorType::Unauthenticated);
    Denied { why: words(error), row, is_password }
}

/// What another account has. The contract has no field for it: of the two only the words say which.
fn taken(error: &Error) -> Row {
    let says = |word: &str| error.api().is_some_and(|api| api.message.to_lowercase().contains(word));
    if says("mail") && !says("name") { Row::Email } else { Row::Name }
}

/// Connects with the session that the client holds.
pub(crate) async fn begin(home: &Home, client: Client, server: &str, email: String) -> Result<Signed, Error> {
    let user = client.session().ok_or(Error::SignedOut)?.user;
    let (live, in_memory) = connect(home, &client).await?;
    let host = server.split_once("://").map_or(server, |(_, host)| host).trim_end_matches('/');
    let me = Me {
        id: user.id,
        name: Safe::line(user.username.as_str()),
        server: Safe::line(host),
        address: server.to_owned(),
        email,
    };
    Ok(Signed { live, me, in_memory })
}

fn parsed<T: TryFrom<String, Error = Refusal>>(row: Row, what: &str, text: String) -> Result<T, Denied> {
    let denied = |refusal| Denied {
        why: Safe::line(&format!("The {what} {refusal}.")),
        row,
        is_password: row == Row::Password,
    };
    T::try_from(text).map_err(denied)
}

#[cfg(test)]
mod tests {
    use super::*;
    use parlor_client::protocol::{ApiError, FieldError, text::Email};

    #[test]
    fn the_keyboard_goes_where_it_can_be_mended_and_only_a_password_that_may_be_wrong_goes() {
        let api = |error: ApiError| Error::Api { error, request_id: None };
        let taken = |words: &str| api(ApiError::new(ErrorType::Conflict, words));
        let field = |name: &str| api(ApiError::validation(vec![FieldError::new(name, "is odd")]));
        for (error, row, is_password) in [
            (
                api(ApiError::new(ErrorType::Unauthenticated, "Invalid login credentials")),
                Row::Password,
                true,
            ),
            (taken("This username is taken; choose another"), Row::Name, false),
            (taken("This e-mail address is taken; sign in, or choose another"), Row::Email, false),
            (taken("This username or e-mail address is taken; choose another"), Row::Name, false),
            (field("username"), Row::Name, false),
            (field("email"), Row::Email, false),
            (field("password"), Row::Password, true),
            (api(ApiError::new(ErrorType::RateLimit, "Too often")), Row::Password, false),
            (Error::Unreachable("refused".to_owned()), Row::Server, false),
            (Error::BadUrl("x".to_owned()), Row::Server, false),
            (Error::Store("a full disk".to_owned()), Row::Password, false),
        ] {
            let denied = denied(&error);
            assert_eq!((denied.row, denied.is_password), (row, is_password), "{error}");
        }
        let once = denied(&api(ApiError::validation(vec![FieldError::new("password", "is common")])));
        assert_eq!(&*once.why, "password is common");
        let (name, email) = (FieldError::new("username", "is odd"), FieldError::new("email", "is none"));
        let both = denied(&api(ApiError::validation(vec![name, email])));
        assert!(both.why.ends_with(": username is odd; email is none"), "{both:?}");
        let wrong = parsed::<Email>(Row::Email, "e-mail address", "ada".to_owned()).unwrap_err();
        assert_eq!((wrong.row, wrong.is_password), (Row::Email, false));
        assert!(wrong.why.starts_with("The e-mail address "), "{wrong:?}");
    }
}
