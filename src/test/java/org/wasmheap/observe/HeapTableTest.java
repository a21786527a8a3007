package org.wasmheap.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** A heap as a table. */
class HeapTableTest {
  @Test
  void the_table_is_lined_up_and_ends_with_the_sums() {
    // given
    Heaps heap = new Heaps(1);
    heap.malloc(5);
    heap.malloc(20);
    heap.free(heap.malloc(1000));

    // then
    assertEquals(
        """
        heap 1,000 to 2,088, 1,088 bytes; the memory has 65,536
        order  block  live  free  asked  taken  waste  free bytes  unusable
            0      8     1     0      5     16      3           0     1,032  94.9 %
            1     16     0     0      0      0      0           0     1,032  94.9 %
            2     32     1     0     20     40     12           0     1,032  94.9 %
            3     64     0     0      0      0      0           0     1,032  94.9 %
            4    128     0     0      0      0      0           0     1,032  94.9 %
            5    256     0     0      0      0      0           0     1,032  94.9 %
            6    512     0     0      0      0      0           0     1,032  94.9 %
            7  1,024     0     1      0      0      0       1,032         0   0.0 %
          all            2     1     25     56     15       1,032
        taken: live blocks with their headers; waste: bytes in them that were not asked for;
        unusable: free, yet of no use to a request of this order, as a share of the heap"""
            .lines()
            .toList(),
        HeapTable.of(heap.map()).lines().toList());
  }
}
