//! Executing a block on a state, as a real runtime does it: everything is read from the host's storage and written
//! there, and what the header claims is checked against what came out. README.md lists the entries of the state.

use crate::accounts::{self, AccountId};
use crate::host::{blake2_256, ordered_root};
use crate::operations::Operation;
use crate::scale::{decode_all, put_u32, Error, Input};
use crate::storage::{self, in_transaction, Child};
use crate::version::spec_version;
use alloc::vec::Vec;
use core::fmt;

type Hash = [u8; 32];

/// How many hashes of earlier blocks the state holds.
const HASHES_KEPT: u32 = 8;

/// A header of Substrate. Its digest is kept as it is encoded.
struct Header<'a> {
    parent_hash: Hash,
    number: u32,
    state_root: Hash,
    extrinsics_root: Hash,
    digest: &'a [u8],
}

impl<'a> Header<'a> {
    fn decode(input: &mut Input<'a>) -> Result<Self, Error> {
        Ok(Header {
            parent_hash: input.array()?,
            number: input.compact_u32()?,
            state_root: input.array()?,
            extrinsics_root: input.array()?,
            digest: digest(input)?,
        })
    }
}

/// Checks the items of a digest and gives its bytes. A seal is put on after execution, so none may be there.
fn digest<'a>(input: &mut Input<'a>) -> Result<&'a [u8], Error> {
    let before = input.rest();
    for _ in 0..input.length(1)? {
        match input.array()? {
            [0] => input.bytes().map(drop)?,
            [4] | [6] => {
                input.array::<4>()?;
                input.bytes()?;
            }
            [5] => return Err("the digest has a seal, which is to be cut off before execution"),
            [8] => {}
            _ => return Err("the digest has an item of an unknown kind"),
        }
    }
    Ok(&before[..before.len() - input.rest().len()])
}

/// A block. The extrinsics are kept as they are encoded too, which is what their root is of.
struct Block<'a> {
    header: Header<'a>,
    body: &'a [u8],
    extrinsics: Vec<&'a [u8]>,
}

impl<'a> Block<'a> {
    fn decode(input: &mut Input<'a>) -> Result<Self, Error> {
        let header = Header::decode(input)?;
        let body = input.rest();
        let length = input.length(1)?;
        let mut extrinsics = Vec::with_capacity(length);
        for _ in 0..length {
            extrinsics.push(input.bytes()?);
        }
        Ok(Block {
            header,
            body,
            extrinsics,
        })
    }
}

/// Bytes as a message shows them.
struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str("0x")?;
        self.0
            .iter()
            .try_for_each(|byte| write!(out, "{:02x}", byte))
    }
}

/// Panics if what the header claims is not what came out.
fn check(what: &str, claimed: &Hash, computed: &Hash) {
    assert!(
        claimed == computed,
        "the {} is {}, but the header says {}",
        what,
        Hex(computed),
        Hex(claimed)
    );
}

/// What the operations of a block share.
pub struct Execution {
    /// The index of the extrinsic that is executed.
    index: u32,
    /// The accounts whose notes an extrinsic has touched, also if it failed, in the order of that.
    noted: Vec<AccountId>,
}

impl Execution {
    /// Appends an event, which is the index of the extrinsic, what happened, and its fields.
    pub fn event(&self, tag: u8, fields: &[&[u8]]) {
        let mut event = Vec::new();
        put_u32(&mut event, self.index);
        event.push(tag);
        for field in fields {
            event.extend_from_slice(field);
        }
        storage::append(b"events", &event);
    }

    /// Gives an account's notes to an operation that changes them.
    pub fn notes(&mut self, id: &AccountId) -> Child {
        if !self.noted.contains(id) {
            self.noted.push(*id);
        }
        accounts::notes(id)
    }

    /// Executes an extrinsic and keeps its hash and its outcome. Of one that fails, nothing stays but that it failed.
    fn extrinsic(&mut self, extrinsic: &[u8]) {
        let operation = decode_all(extrinsic, "extrinsic", Operation::decode);
        let outcome = match in_transaction(|| operation.apply(self)) {
            Ok(()) => 0,
            Err(failure) => {
                self.event(0, &[&[failure as u8]]);
                failure as u8
            }
        };
        let mut log = blake2_256(extrinsic).to_vec();
        log.push(outcome);
        storage::set(&numbered(b"log:", self.index), &log);
        self.index += 1;
    }

    /// Writes what is known only after the last extrinsic: all money, and the roots of the notes that were touched.
    fn end(&self) {
        let (mut count, mut total) = (0, 0u128);
        for (_, account) in accounts::all() {
            count += 1;
            total += account.balance;
        }
        let mut value = Vec::new();
        put_u32(&mut value, count);
        value.extend_from_slice(&total.to_le_bytes());
        storage::set(b"total", &value);

        for id in &self.noted {
            let notes = accounts::notes(id);
            let mut item = id.to_vec();
            put_u32(&mut item, notes.keys().count() as u32);
            item.extend_from_slice(&notes.root());
            storage::append(b"roots", &item);
        }
    }
}

/// The key of an entry with a number; in big-endian, so that the numbers are in order.
fn numbered(prefix: &[u8], number: u32) -> Vec<u8> {
    [prefix, &number.to_be_bytes()].concat()
}

/// `Core_initialize_block`: begins the block of an encoded header.
pub fn initialize(input: &[u8]) -> Vec<u8> {
    begin(&decode_all(input, "header", Header::decode));
    Vec::new()
}

/// Checks that the block follows the state's, and replaces what the state holds of the block before.
fn begin(header: &Header) {
    let before =
        storage::get(b"number").map_or(0, |value| decode_all(&value, "number", Input::u32));
    assert!(
        header.number == before + 1,
        "block {} does not follow block {}",
        header.number,
        before
    );
    storage::set(b"number", &header.number.to_le_bytes());
    storage::set(&numbered(b"hash:", before), &header.parent_hash);
    if let Some(old) = before.checked_sub(HASHES_KEPT) {
        storage::clear(&numbered(b"hash:", old));
    }
    storage::set(b"spec", &spec_version().to_le_bytes());
    storage::set(b"digest", header.digest);
    storage::clear(b"events");
    storage::clear(b"roots");
    let cleared = storage::clear_prefix(b"log:", None);
    storage::set(b"cleared", &cleared);
}

/// `Core_execute_block`: executes an encoded block (header, vector of extrinsics) on the state. Panics if the block
/// does not follow the state's, or if one of the header's roots is not that of the block.
pub fn execute(input: &[u8]) -> Vec<u8> {
    let block = decode_all(input, "block", Block::decode);
    begin(&block.header);
    let root = ordered_root(block.body);
    check("extrinsics root", &block.header.extrinsics_root, &root);

    let mut execution = Execution {
        index: 0,
        noted: Vec::new(),
    };
    for extrinsic in &block.extrinsics {
        execution.extrinsic(extrinsic);
    }
    execution.end();
    check("state root", &block.header.state_root, &storage::root());
    Vec::new()
}
