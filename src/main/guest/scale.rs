//! The part of SCALE, Substrate's codec, that this guest needs. Integers are little-endian; a compact integer says in
//! its lowest two bits how long it is. Decoding is strict: whatever is not exactly what an encoder writes is an error.

use alloc::vec::Vec;

/// Why bytes were refused.
pub type Error = &'static str;

/// The bytes not yet decoded.
pub struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Input { rest: bytes }
    }

    /// What is not yet decoded, as it stands.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Takes the next `N` bytes.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let mut array = [0; N];
        array.copy_from_slice(self.slice(N)?);
        Ok(array)
    }

    /// Takes the next `length` bytes without a copy.
    fn slice(&mut self, length: usize) -> Result<&'a [u8], Error> {
        if self.rest.len() < length {
            return Err("input is truncated");
        }
        let (head, rest) = self.rest.split_at(length);
        self.rest = rest;
        Ok(head)
    }

    /// Takes a vector of bytes without a copy.
    pub fn bytes(&mut self) -> Result<&'a [u8], Error> {
        let length = self.length(1)?;
        self.slice(length)
    }

    /// Takes an option: one byte, 0 for nothing, 1 for what follows.
    pub fn option<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        match self.array()? {
            [0] => Ok(None),
            [1] => read(self).map(Some),
            _ => Err("option is neither 0 nor 1"),
        }
    }

    pub fn u128(&mut self) -> Result<u128, Error> {
        self.array().map(u128::from_le_bytes)
    }

    pub fn u32(&mut self) -> Result<u32, Error> {
        self.array().map(u32::from_le_bytes)
    }

    pub fn u64(&mut self) -> Result<u64, Error> {
        self.array().map(u64::from_le_bytes)
    }

    pub fn compact_u32(&mut self) -> Result<u32, Error> {
        u32::try_from(self.compact_u128()?).map_err(|_| "compact integer is too large")
    }

    /// Takes a compact integer. A value written longer than it has to be is refused, else two encodings of one block
    /// would have two hashes.
    pub fn compact_u128(&mut self) -> Result<u128, Error> {
        let [first] = self.array()?;
        let (value, smallest) = match first & 0b11 {
            0b00 => (u128::from(first) >> 2, 0),
            0b01 => (self.little_endian(&[first], 1)? >> 2, 1 << 6),
            0b10 => (self.little_endian(&[first], 3)? >> 2, 1 << 14),
            _ => {
                let length = usize::from(first >> 2) + 4;
                let smallest = if length == 4 {
                    1 << 30
                } else {
                    1 << (8 * (length.min(16) - 1))
                };
                (self.little_endian(&[], length)?, smallest)
            }
        };
        if value < smallest {
            return Err("compact integer is not in its shortest form");
        }
        Ok(value)
    }

    /// The number whose lowest bytes are `low` and whose higher ones are the next `count` bytes.
    fn little_endian(&mut self, low: &[u8], count: usize) -> Result<u128, Error> {
        let mut bytes = [0; 16];
        if low.len() + count > bytes.len() {
            return Err("compact integer is too large");
        }
        bytes[..low.len()].copy_from_slice(low);
        for byte in &mut bytes[low.len()..low.len() + count] {
            [*byte] = self.array()?;
        }
        Ok(u128::from_le_bytes(bytes))
    }

    /// Takes the length of a vector whose items are at least `smallest_item` bytes each. A length that the remaining
    /// bytes cannot hold is refused here, so that what is allocated ahead is never more than the input warrants.
    pub fn length(&mut self, smallest_item: usize) -> Result<usize, Error> {
        let length = self.compact_u32()? as usize;
        if length > self.rest.len() / smallest_item {
            return Err("vector is longer than the input");
        }
        Ok(length)
    }

    /// Refuses trailing bytes.
    pub fn finish(self) -> Result<(), Error> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err("input has trailing bytes")
        }
    }
}

/// Decodes all of `bytes` with `read`, or panics with a message that names `what` was expected: the way every entry
/// point ends on bad input.
pub fn decode_all<'a, T>(
    bytes: &'a [u8],
    what: &str,
    read: impl FnOnce(&mut Input<'a>) -> Result<T, Error>,
) -> T {
    let mut input = Input::new(bytes);
    let decoded = read(&mut input).and_then(|value| input.finish().map(|()| value));
    decoded.unwrap_or_else(|error| panic!("cannot decode {}: {}", what, error))
}

/// Appends a compact integer in its shortest form.
pub fn put_compact(out: &mut Vec<u8>, value: u128) {
    let significant = 16 - value.leading_zeros() as usize / 8;
    match value {
        0..=0x3F => out.push((value as u8) << 2),
        0x40..=0x3FFF => out.extend_from_slice(&((value as u16) << 2 | 0b01).to_le_bytes()),
        0x4000..=0x3FFF_FFFF => out.extend_from_slice(&((value as u32) << 2 | 0b10).to_le_bytes()),
        _ => {
            out.push(((significant - 4) as u8) << 2 | 0b11);
            out.extend_from_slice(&value.to_le_bytes()[..significant]);
        }
    }
}

/// Appends the length of a vector.
pub fn put_length(out: &mut Vec<u8>, length: usize) {
    put_compact(out, length as u128)
}

/// Appends a vector of bytes: its length, then the bytes.
pub fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_length(out, bytes.len());
    out.extend_from_slice(bytes);
}

/// Appends a string as the vector of its bytes.
pub fn put_str(out: &mut Vec<u8>, text: &str) {
    put_bytes(out, text.as_bytes());
}

/// Appends a u32.
pub fn put_u32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}
