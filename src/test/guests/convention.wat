;; Entries by the convention of Substrate's runtimes that show and bend it, and exports that are no entries.
(module
  (import "env" "ext_allocator_malloc_version_1" (func $malloc (param i32) (result i32)))
  (memory 2)
  (global (export "__heap_base") i32 (i32.const 1024))

  ;; Returns pointer and length as it got them, i32 each.
  (func (export "arguments") (param i32 i32) (result i64)
    (i32.store (i32.const 16) (local.get 0))
    (i32.store (i32.const 20) (local.get 1))
    (i64.const 0x0000000800000010))
  ;; Returns what the input says: the range at the i32 pointer with the i32 length.
  (func (export "range") (param i32 i32) (result i64) (i64.load (local.get 0)))
  ;; Returns its input, and has changed it before.
  (func (export "increment") (param i32 i32) (result i64)
    (i32.store8 (local.get 0) (i32.add (i32.load8_u (local.get 0)) (i32.const 1)))
    (i64.or
      (i64.extend_i32_u (local.get 0))
      (i64.shl (i64.extend_i32_u (local.get 1)) (i64.const 32))))

  (func (export "no_parameters") (result i64) (i64.const 0))
  (func (export "other_result") (param i32 i32) (result i32) (i32.const 0))
  (func (export "other_parameters") (param i64 i32) (result i64) (i64.const 0))
  (export "imported" (func $malloc)))
