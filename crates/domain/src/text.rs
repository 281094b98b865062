//! What every name in Guildhall has in common: trimmed, in Unicode's NFC, with
//! a bound, and without characters that hide or reorder what a reader sees.

use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizerBorrowed;

/// Why a text was refused. The message completes "the value …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing is left after trimming, or nothing that can be seen.
    #[error("must contain at least one visible character")]
    Empty,
    /// Longer than the bound of this kind of text.
    #[error("must be at most {max} characters long")]
    TooLong {
        /// The bound, in Unicode scalar values after normalization.
        max: usize,
    },
    /// A control character, a line separator or a bidirectional override.
    #[error("must not contain the control character U+{:04X}", u32::from(*.0))]
    ControlCharacter(char),
}

/// Trims `raw`, brings it into NFC and checks that it is at least one visible
/// and at most `max` characters long and free of control characters.
///
/// # Errors
///
/// [`TextError`] names the first rule that the text breaks.
pub fn clean(raw: &str, max: usize) -> Result<String, TextError> {
    let trimmed = raw.trim();
    if let Some(control) = trimmed.chars().find(|c| is_forbidden(*c)) {
        return Err(TextError::ControlCharacter(control));
    }
    // NFC composes at most a handful of scalars into one; a text far over the
    // bound is refused before any work is spent on it.
    if is_longer(trimmed, max.saturating_mul(4)) {
        return Err(TextError::TooLong { max });
    }
    let normal = nfc(trimmed);
    if is_longer(&normal, max) {
        return Err(TextError::TooLong { max });
    }
    if normal.chars().all(|c| c.is_whitespace() || is_invisible(c)) {
        return Err(TextError::Empty);
    }
    Ok(normal)
}

fn is_longer(text: &str, max: usize) -> bool {
    // A character takes a byte at least.
    text.len() > max && text.chars().nth(max).is_some()
}

/// The form by which two texts are the same to a reader: case-folded, in NFC,
/// without invisible characters.
#[must_use]
pub fn comparison_key(text: &str) -> String {
    // Most are, and each stored address that is read has one.
    if text.is_ascii() { text.to_ascii_lowercase() } else { comparison_key_of_any(text) }
}

fn comparison_key_of_any(text: &str) -> String {
    let visible: String = text.chars().filter(|c| !is_invisible(*c)).collect();
    nfc(&CaseMapper::new().fold_string(&visible))
}

/// The text in Normalization Form C (UAX #15).
#[must_use]
pub fn nfc(text: &str) -> String {
    // Most is ASCII, which every form leaves as it is (UAX #15, section 1.3).
    if text.is_ascii() {
        return text.to_owned();
    }
    ComposingNormalizerBorrowed::new_nfc().normalize(text).into_owned()
}

/// Control characters (Cc), line and paragraph separators, and the
/// bidirectional embeddings, overrides and isolates of UAX #9, with which one
/// name can be made to look like another.
fn is_forbidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Characters that leave no mark of their own (a part of Unicode's
/// `Default_Ignorable_Code_Point`). They may stand in a name, where scripts and
/// emoji need them, but never tell two names apart.
const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{206F}'
            | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{E0000}'..='\u{E0FFF}'
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_script_is_welcome() {
        for text in [
            "Acme",
            "Ａｃｍｅ",
            "דוגמה בע״מ",
            "شركة المثال",
            "例え株式会社",
            "👩‍👩‍👧‍👦 & Co",
            "Z̧̈al̴go",
            "x",
        ] {
            assert_eq!(clean(text, 200).as_deref(), Ok(nfc(text).as_str()));
        }
    }

    #[test]
    fn what_deceives_is_refused() {
        let cases = [
            ("", TextError::Empty),
            (" \u{00A0} ", TextError::Empty),
            ("\u{200B}\u{FE0F}", TextError::Empty),
            ("a\0b", TextError::ControlCharacter('\0')),
            ("a\nb", TextError::ControlCharacter('\n')),
            ("a\u{7F}", TextError::ControlCharacter('\u{7F}')),
            ("a\u{85}b", TextError::ControlCharacter('\u{85}')),
            ("a\u{202E}b", TextError::ControlCharacter('\u{202E}')),
            ("a\u{2066}b", TextError::ControlCharacter('\u{2066}')),
            ("a\u{2028}b", TextError::ControlCharacter('\u{2028}')),
        ];
        for (text, error) in cases {
            assert_eq!(clean(text, 200), Err(error), "{text:?}");
        }
    }

    #[test]
    fn the_bound_counts_characters_after_normalization() {
        assert!(clean(&"é".repeat(200), 200).is_ok());
        assert!(clean(&"e\u{301}".repeat(200), 200).is_ok(), "composes to 200 characters");
        assert_eq!(clean(&"é".repeat(201), 200), Err(TextError::TooLong { max: 200 }));
        assert_eq!(clean(&"a".repeat(10_000), 200), Err(TextError::TooLong { max: 200 }));
    }

    #[test]
    fn case_form_and_invisible_characters_do_not_tell_names_apart() {
        for (one, other) in [
            ("ACME", "acme"),
            ("Straße", "STRASSE"),
            ("Caf\u{e9}", "cafe\u{301}"),
            ("ΣΊΣΥΦΟΣ", "σίσυφος"),
            ("Ac\u{200B}me", "Acme"),
            ("❤\u{FE0F}", "❤"),
        ] {
            assert_eq!(comparison_key(one), comparison_key(other), "{one} / {other}");
        }
        assert_ne!(comparison_key("Acme"), comparison_key("Аcme"), "Cyrillic А is another letter");
    }

    proptest! {
        #[test]
        fn cleaning_twice_changes_nothing(raw in "\\PC{0,80}") {
            if let Ok(once) = clean(&raw, 200) {
                prop_assert_eq!(clean(&once, 200), Ok(once.clone()));
                prop_assert_eq!(comparison_key(&comparison_key(&once)), comparison_key(&once));
            }
        }

        #[test]
        fn ascii_is_the_same_by_the_short_ways(text in "[\\x00-\\x7F]{0,80}") {
            prop_assert_eq!(comparison_key(&text), comparison_key_of_any(&text));
            prop_assert_eq!(nfc(&text), ComposingNormalizerBorrowed::new_nfc().normalize(&text));
        }

        #[test]
        fn no_input_panics(raw in any::<String>()) {
            let _ = clean(&raw, 200);
            let _ = comparison_key(&raw);
        }
    }
}
