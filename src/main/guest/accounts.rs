//! The accounts in the state and the notes that each has in a child trie of its own, and the entry points that read
//! them.

use crate::host::blake2_128;
use crate::scale::{decode_all, put_bytes, put_length, put_u32, Error, Input};
use crate::storage::{self, Child};
use alloc::vec::Vec;

pub type AccountId = [u8; 32];

/// What the keys of all accounts begin with.
const PREFIX: &[u8] = b"account:";

/// An account: 16 bytes of balance, then 4 of nonce. An account whose balance is 0 is not in the state. Packed to 8
/// because newer compilers align a u128 to 16, and the host's blocks are aligned to 8.
#[derive(Clone, Copy, Default)]
#[repr(C, packed(8))]
pub struct Account {
    pub balance: u128,
    pub nonce: u32,
}

impl Account {
    fn decode(input: &mut Input) -> Result<Self, Error> {
        Ok(Account {
            balance: input.u128()?,
            nonce: input.u32()?,
        })
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend_from_slice(&{ self.balance }.to_le_bytes());
        put_u32(&mut out, self.nonce);
        out
    }
}

/// An account's key: the hash of the id spreads the keys, the id after it can be read back.
fn key(id: &AccountId) -> Vec<u8> {
    [PREFIX, &blake2_128(id), id].concat()
}

fn stored(key: &[u8]) -> Account {
    storage::get(key).map_or_else(Account::default, |value| {
        decode_all(&value, "account", Account::decode)
    })
}

pub fn exists(id: &AccountId) -> bool {
    storage::exists(&key(id))
}

/// The account, or an empty one.
pub fn get(id: &AccountId) -> Account {
    stored(&key(id))
}

/// The nonce alone, without the balance before it.
pub fn nonce(id: &AccountId) -> Option<u32> {
    let mut nonce = [0; 4];
    let length = storage::read(&key(id), &mut nonce, 16)?;
    assert!(
        length == 4,
        "an account has {} bytes after its balance",
        length
    );
    Some(u32::from_le_bytes(nonce))
}

/// Stores the account, or removes it if it has nothing.
pub fn put(id: &AccountId, account: &Account) {
    if account.balance == 0 {
        storage::clear(&key(id));
    } else {
        storage::set(&key(id), &account.encode());
    }
}

/// All accounts in the order of their keys.
pub fn all() -> impl Iterator<Item = (AccountId, Account)> {
    storage::keys(PREFIX).map(|key| {
        let id = decode_all(&key[PREFIX.len() + 16..], "account id", Input::array);
        (id, stored(&key))
    })
}

/// The notes of an account, text by name.
pub fn notes(id: &AccountId) -> Child {
    Child([b"notes:", &id[..]].concat())
}

/// `Sample_balance`: balance u128 and nonce u32 of an account; zeros if there is none.
pub fn sample_balance(input: &[u8]) -> Vec<u8> {
    get(&decode_all(input, "account id", Input::array)).encode()
}

/// `Sample_accounts`: a vector of all accounts, each id, balance u128, nonce u32.
pub fn sample_accounts(_input: &[u8]) -> Vec<u8> {
    let accounts: Vec<_> = all().collect();
    let mut out = Vec::new();
    put_length(&mut out, accounts.len());
    for (id, account) in &accounts {
        out.extend_from_slice(id);
        out.extend_from_slice(&account.encode());
    }
    out
}

/// `Sample_notes`: a vector of all notes of an account, each name and text.
pub fn sample_notes(input: &[u8]) -> Vec<u8> {
    let notes = notes(&decode_all(input, "account id", Input::array));
    let names: Vec<_> = notes.keys().collect();
    let mut out = Vec::new();
    put_length(&mut out, names.len());
    for name in &names {
        put_bytes(&mut out, name);
        put_bytes(&mut out, &notes.get(name).unwrap_or_default());
    }
    out
}

/// `Sample_events`: the vector of the last block's events; an empty one if there were none.
pub fn sample_events(_input: &[u8]) -> Vec<u8> {
    storage::get(b"events").unwrap_or_else(|| Vec::from([0]))
}
