//! Blocks of transfers to execute, made from a seed, so that tests and benchmarks need no recorded input.

use crate::scale::decode_all;
use crate::transfers::{AccountId, Block, Transfer};
use alloc::{boxed::Box, vec::Vec};

/// Marsaglia's xorshift with 64 bits of state: the same sequence everywhere, in three lines.
struct XorShift(u64);

impl XorShift {
    /// A generator; the state 0, which would stay 0 for ever, is replaced.
    fn new(seed: u64) -> Self {
        XorShift(if seed == 0 {
            0x9E37_79B9_7F4A_7C15
        } else {
            seed
        })
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `bound`.
    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn id(&mut self) -> [u8; 32] {
        let mut id = [0; 32];
        for word in id.chunks_exact_mut(8) {
            word.copy_from_slice(&self.next().to_le_bytes());
        }
        id
    }
}

/// The largest block made: above, the encoded block could pass the 32 MiB that the host's allocator gives at most.
const MOST_TRANSFERS: u32 = 100_000;

/// An account and the nonce of its next transfer.
struct Sender {
    id: AccountId,
    next_nonce: u32,
}

/// Makes one transfer. Of sixteen one is rejected when executed, wherever it ends up in the block: by a nonce far
/// ahead, or by an amount that nobody has. Neither uses up a nonce, so all others are applied.
fn transfer(random: &mut XorShift, senders: &mut [Sender]) -> Transfer {
    let to = senders[random.below(senders.len() as u64) as usize].id;
    let sender = &mut senders[random.below(senders.len() as u64) as usize];
    let magnitude = 1 + random.below(33);
    let mut transfer = Transfer {
        from: sender.id,
        to,
        amount: random.below(1 << magnitude).into(),
        nonce: sender.next_nonce,
    };
    match random.below(32) {
        0 => transfer.nonce += 1_000_000,
        1 => transfer.amount += 1 << 96,
        _ => sender.next_nonce += 1,
    }
    transfer
}

/// `Sample_block`: an encoded block for `Sample_transfers`, of as many transfers as the input asks for, made from its
/// seed; 100 and 1 if the input is empty. The order is shuffled, so that executing it has something to sort.
pub fn sample_block(input: &[u8]) -> Vec<u8> {
    let (count, seed) = if input.is_empty() {
        (100, 1)
    } else {
        decode_all(input, "count and seed", |input| {
            Ok((input.u32()?, input.u64()?))
        })
    };
    assert!(
        count <= MOST_TRANSFERS,
        "a sample block has at most {} transfers, not {}",
        MOST_TRANSFERS,
        count
    );

    let mut random = XorShift::new(seed);
    let parent_hash = random.id();
    let number = 1 + random.below(1 << 24) as u32;
    let mut senders: Vec<Sender> = (0..count / 4 + 2)
        .map(|_| Sender {
            id: random.id(),
            next_nonce: 0,
        })
        .collect();
    let mut transfers: Vec<Box<Transfer>> = (0..count)
        .map(|_| Box::new(transfer(&mut random, &mut senders)))
        .collect();
    for last in (1..transfers.len()).rev() {
        transfers.swap(last, random.below(last as u64 + 1) as usize);
    }
    Block {
        parent_hash,
        number,
        transfers,
    }
    .encode()
}
