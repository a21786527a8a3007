/**
 * Linear memories and the way back to pristine.
 *
 * <p>Four types are for everybody. {@link org.wasmheap.memory.LinearMemory} is the view that
 * allocator and host functions have of a guest's memory. {@link org.wasmheap.memory.FlatMemory} is
 * the memory of a pooled instance: it marks each block that is written, and {@link
 * org.wasmheap.memory.MemoryImage} is what it goes back to, shared by all instances of a module.
 * What {@link org.wasmheap.memory.LinearMemory#sparse} makes holds up to 4 GiB of address space in
 * little real memory. A {@link org.wasmheap.memory.MemoryBudget} bounds what any number of memories
 * take together.
 *
 * <p>The arrays of a flat memory, all of which begin at address 0:
 *
 * <pre>
 *   logical size     |----------------------------------------------- ... ---|
 *   image            |content|   zero beyond the cut
 *
 *   array in use     |..#.##.......#........|   zero beyond its end; # written since restore()
 *   after growth     |..#.##.......#........ |          | room ahead: zero, and not the guest's
 *   its cards        |0010110000000100000000|   a byte for each block
 *
 *   smallest array   |............|             kept for life; pristine while not in use
 *   spare arrays     |................|         pristine, kept until they are trimmed
 *                    |................................|
 *
 *   restore()        copies each run of marked blocks, and 7 bytes more, from the image to the
 *                    array in use, clears their cards, and puts the logical size back; then the
 *                    smallest array is in use again, and a longer one becomes a spare
 * </pre>
 *
 * <p>Guest and allocator see the logical size, and growing it takes no real memory. Real memory
 * goes into the arrays with their cards, which {@link
 * org.wasmheap.memory.LinearMemory#materialisedBytes} counts, and once for all instances into the
 * image. A store beyond the end of the array in use takes a longer one into use: a spare of at most
 * four times what is needed, the longest that is no longer than the memory or else the longest, or
 * a new one of about twice the length. A spare that is longer than that is left for who needs it,
 * and goes when nobody does. Where memory is short, the new one has a page more than is needed for
 * each 4 MiB at least, so that a guest that grows page by page is not copied for each of them. Only
 * the marked blocks are copied over, as everything else is pristine in both. A load beyond its end
 * reads zero; where such loads are many, one of them takes a longer array too.
 *
 * <p>In a call that has not grown the memory, the array is no longer than the logical size. In one
 * that has, it may be: a new one where it grew by less than half at once, so that growth page by
 * page costs in proportion to the size that it reaches, and a spare where no shorter one fits. Each
 * load and store of the memory itself therefore compares its address with a limit, the lesser of
 * array length and logical size. An engine sees the array only while the two are the same: it
 * compares with the array's length alone, which Java does anyway. While they are not, its loads and
 * stores go through the memory, and cost some comparisons more.
 *
 * <table>
 *   <caption>Words of this room</caption>
 *   <tr><th>word</th><th>meaning</th></tr>
 *   <tr><td>block</td><td>4,096 bytes; not a block of the allocator</td></tr>
 *   <tr><td>card</td><td>a byte that says whether its block was written</td></tr>
 *   <tr><td>image</td><td>content and size right after instantiation</td></tr>
 *   <tr><td>pristine</td><td>equal to the image</td></tr>
 *   <tr><td>restore</td><td>to make pristine again, block by written block</td></tr>
 *   <tr><td>backing array</td><td>an array that holds a memory's bytes: the one in use</td></tr>
 *   <tr><td>spare array</td><td>one that is kept, pristine, for a later call</td></tr>
 * </table>
 *
 * <p>What this room must not know: allocators, heaps, threads, engines. A memory is a value that
 * one thread at a time uses; who that is, others decide.
 */
@NullMarked
package org.wasmheap.memory;

import org.jspecify.annotations.NullMarked;
