//! What an extrinsic can do. Nothing is signed but where it says so: this is a guest to try hosts with, not a ledger.

use crate::accounts::{self, AccountId};
use crate::block::Execution;
use crate::host;
use crate::scale::{put_bytes, Error, Input};
use crate::storage::{self, in_transaction};
use crate::version;
use alloc::{boxed::Box, vec, vec::Vec};
use core::{mem, str};

/// Why an operation had no effect.
#[derive(Clone, Copy)]
#[repr(u8)]
pub enum Failure {
    NoAccount = 1,
    WrongNonce = 2,
    NotEnough = 3,
    TooMuch = 4,
    NoNote = 5,
    BadSignature = 6,
}

/// The bytes that one step of burning takes.
const BURNT: usize = 65536;

/// One operation; the bytes of each are in README.md.
pub enum Operation<'a> {
    Transfer(Box<Transfer>),
    Note(AccountId, &'a [u8], &'a [u8]),
    Remove(AccountId, &'a [u8]),
    Forget(AccountId, &'a [u8], Option<u32>),
    Panic(&'a [u8]),
    Burn(u32),
    Verify(AccountId, [u8; 64], &'a [u8]),
    Batch(bool, Vec<Operation<'a>>),
    Upgrade(u32),
}

/// Packed to 8 because newer compilers align a u128 to 16, and the host's blocks are aligned to 8.
#[repr(C, packed(8))]
pub struct Transfer {
    from: AccountId,
    to: AccountId,
    amount: u128,
    nonce: u32,
}

impl<'a> Operation<'a> {
    pub fn decode(input: &mut Input<'a>) -> Result<Self, Error> {
        match input.array()? {
            [7] => Ok(Operation::Batch(
                input.array()? != [0],
                Self::decode_inner(input)?,
            )),
            [kind] => Self::decode_simple(kind, input),
        }
    }

    /// The operations of a batch, which are no batches themselves, so that nobody can nest them without end.
    fn decode_inner(input: &mut Input<'a>) -> Result<Vec<Self>, Error> {
        let length = input.length(1)?;
        let mut inner = Vec::new();
        for _ in 0..length {
            let [kind] = input.array()?;
            inner.push(Self::decode_simple(kind, input)?);
        }
        Ok(inner)
    }

    fn decode_simple(kind: u8, input: &mut Input<'a>) -> Result<Self, Error> {
        Ok(match kind {
            0 => Operation::Transfer(Box::new(Transfer {
                from: input.array()?,
                to: input.array()?,
                amount: input.compact_u128()?,
                nonce: input.compact_u32()?,
            })),
            1 => Operation::Note(input.array()?, input.bytes()?, input.bytes()?),
            2 => Operation::Remove(input.array()?, input.bytes()?),
            3 => Operation::Forget(input.array()?, input.bytes()?, input.option(Input::u32)?),
            4 => Operation::Panic(input.bytes()?),
            5 => Operation::Burn(input.u32()?),
            6 => Operation::Verify(input.array()?, input.array()?, input.bytes()?),
            8 => Operation::Upgrade(input.u32()?),
            _ => return Err("there is no such operation"),
        })
    }

    /// Does it. Whoever calls sees to it that nothing stays of one that fails.
    pub fn apply(&self, execution: &mut Execution) -> Result<(), Failure> {
        match self {
            Operation::Transfer(transfer) => transfer.apply(execution)?,
            Operation::Note(id, name, text) => note(execution, id, name, text)?,
            Operation::Remove(id, name) => remove(execution, id, name)?,
            Operation::Forget(id, prefix, most) => forget(execution, id, prefix, *most),
            Operation::Panic(words) => panic!(
                "asked to panic: {}",
                str::from_utf8(words).unwrap_or("(not UTF-8)")
            ),
            Operation::Burn(steps) => burn(execution, *steps),
            Operation::Verify(key, signature, message) => {
                if !host::sr25519_verify(signature, message, key) {
                    return Err(Failure::BadSignature);
                }
                execution.event(8, &[key]);
            }
            Operation::Batch(all, inner) => batch(execution, *all, inner)?,
            Operation::Upgrade(spec) => upgrade(execution, *spec),
        }
        Ok(())
    }
}

impl Transfer {
    /// Credits first and looks after that whether the sender has enough, so that it needs to be rolled back if not.
    fn apply(&self, execution: &Execution) -> Result<(), Failure> {
        let (from, to, amount) = (self.from, self.to, self.amount);
        if accounts::nonce(&from).ok_or(Failure::NoAccount)? != self.nonce {
            return Err(Failure::WrongNonce);
        }
        if !accounts::exists(&to) {
            execution.event(2, &[&to]);
        }
        let mut receiver = accounts::get(&to);
        receiver.balance = { receiver.balance }
            .checked_add(amount)
            .ok_or(Failure::TooMuch)?;
        accounts::put(&to, &receiver);

        let mut sender = accounts::get(&from);
        sender.balance = { sender.balance }
            .checked_sub(amount)
            .ok_or(Failure::NotEnough)?;
        sender.nonce += 1;
        accounts::put(&from, &sender);
        if sender.balance == 0 {
            execution.event(3, &[&from]);
        }
        execution.event(1, &[&from, &to, &amount.to_le_bytes()]);
        Ok(())
    }
}

/// Puts a text under a name among an account's notes. The event says how long the text before it was.
fn note(
    execution: &mut Execution,
    id: &AccountId,
    name: &[u8],
    text: &[u8],
) -> Result<(), Failure> {
    if !accounts::exists(id) {
        return Err(Failure::NoAccount);
    }
    let notes = execution.notes(id);
    let mut fields = id.to_vec();
    put_bytes(&mut fields, name);
    match notes.length(name) {
        None => fields.push(0),
        Some(length) => {
            fields.push(1);
            fields.extend_from_slice(&length.to_le_bytes());
        }
    }
    notes.set(name, text);
    execution.event(4, &[&fields]);
    Ok(())
}

/// Removes one note. The event has its text.
fn remove(execution: &mut Execution, id: &AccountId, name: &[u8]) -> Result<(), Failure> {
    let notes = execution.notes(id);
    if !notes.exists(name) {
        return Err(Failure::NoNote);
    }
    let mut fields = id.to_vec();
    put_bytes(&mut fields, name);
    put_bytes(&mut fields, &notes.get(name).unwrap_or_default());
    notes.clear(name);
    execution.event(5, &[&fields]);
    Ok(())
}

/// Removes the notes whose names begin with a prefix; with an empty one the whole trie. The event has the host's
/// account of it.
fn forget(execution: &mut Execution, id: &AccountId, prefix: &[u8], most: Option<u32>) {
    let notes = execution.notes(id);
    let removal = if prefix.is_empty() {
        notes.kill(most)
    } else {
        notes.clear_prefix(prefix, most)
    };
    execution.event(6, &[id, &removal]);
}

/// Takes memory step by step, writes to all of it, and never gives it back.
fn burn(execution: &Execution, steps: u32) {
    for _ in 0..steps {
        mem::forget(vec![1u8; BURNT]);
    }
    execution.event(7, &[&steps.to_le_bytes()]);
}

/// Does several operations, each in a transaction of its own. If all have to succeed, the first failure is the
/// batch's; else those that fail have no effect and the others stay. The event says how many succeeded.
fn batch(execution: &mut Execution, all: bool, inner: &[Operation]) -> Result<(), Failure> {
    let mut succeeded = 0u32;
    for operation in inner {
        match in_transaction(|| operation.apply(execution)) {
            Ok(()) => succeeded += 1,
            Err(failure) if all => return Err(failure),
            Err(_) => {}
        }
    }
    execution.event(9, &[&succeeded.to_le_bytes()]);
    Ok(())
}

/// Replaces the state's code by one that calls itself another spec version; the next block runs on it. The event says
/// in how many places the code was changed.
fn upgrade(execution: &Execution, spec: u32) {
    let mut code = storage::get(b":code").unwrap_or_default();
    let places = version::upgrade(&mut code, spec);
    storage::set(b":code", &code);
    execution.event(10, &[&spec.to_le_bytes(), &places.to_le_bytes()]);
}
