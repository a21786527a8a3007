package org.wasmheap.allocator;

/**
 * What an allocator has done since its last reset. Each block counts with the 8 bytes of its
 * header.
 *
 * @param bytesAllocated bytes in use now, below 2^32
 * @param bytesAllocatedPeak the most that were in use at once
 * @param bytesAllocatedSum all that was ever allocated
 * @param addressSpaceUsed bumper less heap base, as of the last successful allocation
 * @param bumper address of the first byte never handed out, u32
 * @param highestBumper the bumper as of the last successful allocation, u32
 * @param allocations successful allocations
 * @param deallocations successful deallocations
 */
public record AllocatorStatistics(
    long bytesAllocated,
    long bytesAllocatedPeak,
    long bytesAllocatedSum,
    long addressSpaceUsed,
    long bumper,
    long highestBumper,
    long allocations,
    long deallocations) {}
