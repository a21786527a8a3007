//! Executing transfers in memory alone, without storage: decode, sort, apply, hash the state. Small, but with the
//! memory behaviour of a real block: many small blocks alive at once, vectors that grow, a tree, and an allocation by
//! the host per hash.

use crate::host::blake2_256;
use crate::scale::{decode_all, put_compact, put_length, put_u32, Error, Input};
use alloc::{boxed::Box, collections::BTreeMap, vec::Vec};

/// What every account owns before the block.
pub const INITIAL_BALANCE: u128 = 1_000_000_000_000;

pub type AccountId = [u8; 32];
type Hash = [u8; 32];

/// One transfer. Packed to 8 because newer compilers align a u128 to 16, and the host's blocks are aligned to 8.
#[repr(C, packed(8))]
pub struct Transfer {
    pub from: AccountId,
    pub to: AccountId,
    pub amount: u128,
    pub nonce: u32,
}

/// The fewest bytes that an encoded transfer takes: two accounts and two compact integers of one byte.
const SMALLEST_TRANSFER: usize = 32 + 32 + 1 + 1;

impl Transfer {
    fn decode(input: &mut Input) -> Result<Self, Error> {
        Ok(Transfer {
            from: input.array()?,
            to: input.array()?,
            amount: input.compact_u128()?,
            nonce: input.compact_u32()?,
        })
    }

    fn encode_to(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.from);
        out.extend_from_slice(&self.to);
        put_compact(out, self.amount);
        put_compact(out, self.nonce.into());
    }
}

/// A block. Each transfer has an allocation of its own, as an extrinsic has in a real runtime.
pub struct Block {
    pub parent_hash: Hash,
    pub number: u32,
    #[allow(clippy::vec_box)] // on purpose: many small blocks alive at once
    pub transfers: Vec<Box<Transfer>>,
}

impl Block {
    fn decode(input: &mut Input) -> Result<Self, Error> {
        let parent_hash = input.array()?;
        let number = input.compact_u32()?;
        let length = input.length(SMALLEST_TRANSFER)?;
        let mut transfers = Vec::with_capacity(length);
        for _ in 0..length {
            transfers.push(Box::new(Transfer::decode(input)?));
        }
        Ok(Block {
            parent_hash,
            number,
            transfers,
        })
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend_from_slice(&self.parent_hash);
        put_compact(&mut out, self.number.into());
        put_length(&mut out, self.transfers.len());
        for transfer in &self.transfers {
            transfer.encode_to(&mut out);
        }
        out
    }
}

/// An account's state. Packed for the same reason as [`Transfer`].
#[repr(C, packed(8))]
struct Account {
    balance: u128,
    nonce: u32,
}

impl Account {
    fn new() -> Self {
        Account {
            balance: INITIAL_BALANCE,
            nonce: 0,
        }
    }

    /// The hash that stands for this account in the state root: of its id, balance and nonce, 52 bytes.
    fn leaf(&self, id: &AccountId) -> Hash {
        let mut record = Vec::new();
        record.extend_from_slice(id);
        record.extend_from_slice(&{ self.balance }.to_le_bytes());
        put_u32(&mut record, self.nonce);
        blake2_256(&record)
    }
}

/// All accounts that the block names, in the order of their ids.
struct State {
    accounts: BTreeMap<AccountId, Account>,
}

impl State {
    fn account(&mut self, id: AccountId) -> &mut Account {
        self.accounts.entry(id).or_insert_with(Account::new)
    }

    /// Applies a transfer, or leaves the balances as they are and answers false: its nonce is not the sender's next,
    /// or the sender has not enough. Sender and receiver exist afterwards in either case.
    fn apply(&mut self, transfer: &Transfer) -> bool {
        let amount = transfer.amount;
        self.account(transfer.to);
        let sender = self.account(transfer.from);
        if sender.nonce != transfer.nonce || sender.balance < amount {
            return false;
        }
        sender.balance -= amount;
        sender.nonce += 1;
        self.account(transfer.to).balance += amount;
        true
    }

    /// The root of a binary Merkle tree over the accounts' leaf hashes in ascending order of the hashes. A parent is
    /// the hash of its two children's 64 bytes; a node without a sibling moves up as it is. No accounts: 32 zeros.
    fn root(&self) -> Hash {
        let mut level: Vec<Hash> = self
            .accounts
            .iter()
            .map(|(id, account)| account.leaf(id))
            .collect();
        level.sort_unstable();
        while level.len() > 1 {
            level = level.chunks(2).map(parent).collect();
        }
        level.first().copied().unwrap_or_default()
    }
}

/// The node above one node or two.
fn parent(children: &[Hash]) -> Hash {
    match children {
        [alone] => *alone,
        pair => blake2_256(&pair.concat()),
    }
}

/// `Sample_transfers`: sorts the transfers by sender and nonce (equal ones keep their order), applies them, and
/// gives the block hash (of parent hash, number as u32, state root), the state root and the counts. Panics on bytes
/// that are not exactly one block.
pub fn execute(input: &[u8]) -> Vec<u8> {
    let mut block = decode_all(input, "block", Block::decode);
    block
        .transfers
        .sort_by(|a, b| (&a.from, a.nonce).cmp(&(&b.from, b.nonce)));

    let mut state = State {
        accounts: BTreeMap::new(),
    };
    let applied = block
        .transfers
        .iter()
        .filter(|transfer| state.apply(transfer))
        .count();
    let root = state.root();

    let mut header = Vec::new();
    header.extend_from_slice(&block.parent_hash);
    put_u32(&mut header, block.number);
    header.extend_from_slice(&root);

    let mut out = Vec::new();
    out.extend_from_slice(&blake2_256(&header));
    out.extend_from_slice(&root);
    put_u32(&mut out, applied as u32);
    put_u32(&mut out, (block.transfers.len() - applied) as u32);
    put_u32(&mut out, state.accounts.len() as u32);
    out
}
