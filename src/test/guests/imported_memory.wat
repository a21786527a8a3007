;; Imports its memory: 2 pages, no maximum. Otherwise as own_memory.wat.
(module
  (import "env" "memory" (memory 2))
  (import "env" "ext_allocator_malloc_version_1" (func $malloc (param i32) (result i32)))
  (import "env" "ext_allocator_free_version_1" (func $free (param i32)))
  (global (export "__heap_base") i32 (i32.const 1024))
  (data (i32.const 16) "pristine")

  (func (export "malloc") (param i32) (result i32) (call $malloc (local.get 0)))
  (func (export "free") (param i32) (call $free (local.get 0)))
  (func (export "size") (result i32) (memory.size))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "store") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))

  ;; The end of memory in bytes.
  (func $end (result i32) (i32.mul (memory.size) (i32.const 65536)))

  (func (export "dirty_low") (i64.store (i32.const 20) (i64.const -1)))
  (func (export "dirty_high") (i32.store8 (i32.sub (call $end) (i32.const 1)) (i32.const 7)))
  (func (export "dirty_size") (drop (memory.grow (i32.const 3))))
  (func (export "dirty_grown")
    (drop (memory.grow (i32.const 3)))
    (memory.fill (i32.const 131072) (i32.const 9) (i32.const 196608)))
  (func (export "dirty_all") (memory.fill (i32.const 0) (i32.const 0xee) (call $end)))
  (func (export "dirty_heap")
    (i64.store (call $malloc (i32.const 100)) (i64.const -1))
    (call $free (call $malloc (i32.const 5000))))

  ;; One number for content, size, and where the allocator stands.
  (func (export "look") (result i64)
    (local $at i32) (local $sum i64)
    (loop $next
      (local.set $sum
        (i64.add
          (i64.mul (local.get $sum) (i64.const 31))
          (i64.load (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $next (i32.lt_u (local.get $at) (call $end))))
    (i64.xor
      (i64.mul (local.get $sum) (i64.extend_i32_u (memory.size)))
      (i64.extend_i32_u (call $malloc (i32.const 8))))))
