//! How deep JSON may nest.

/// No request and no event's argument nests further: a parser that recurses must not be led deeper.
pub const DEEPEST: usize = 32;

/// How deep arrays and objects nest in JSON text, without parsing it.
pub fn depth(json: &[u8]) -> usize {
    let (mut depth, mut deepest, mut quoted, mut escaped) = (0_usize, 0, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_that_of_brackets_outside_of_strings() {
        assert_eq!(depth(b"5"), 0);
        assert_eq!(depth(br#"{"a":[1,{"b":2}],"c":[[]]}"#), 3);
        assert_eq!(depth(br#"{"a":"[[[[\"[[[["}"#), 1);
        assert_eq!(depth("[".repeat(40_000).as_bytes()), 40_000);
    }
}
