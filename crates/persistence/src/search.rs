//! Looking for a part of a text.

use guildhall_domain::text;

/// The pattern of what contains a text, in the form in which names and
/// addresses are compared.
pub(crate) fn containing(part: &str) -> String {
    let mut pattern = String::from("%");
    for c in text::comparison_key(part).chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_a_wildcard() {
        assert_eq!(containing("Ada"), "%ada%");
        assert_eq!(containing("100%_\\"), "%100\\%\\_\\\\%");
    }
}
