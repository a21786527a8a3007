;; Imports functions of the host, and one that nobody provides.
(module
  (import "env" "ext_allocator_malloc_version_1" (func $malloc (param i32) (result i32)))
  (import "env" "ext_allocator_free_version_1" (func $free (param i32)))
  (import "test" "add" (func $add (param i32 i64) (result i64)))
  (import "test" "act" (func $act (param i32)))
  (import "elsewhere" "missing" (func $missing (param i32) (result i32)))
  (memory (export "memory") 1)
  (global (export "__heap_base") i32 (i32.const 1024))
  (global $acted (mut i32) (i32.const 0))

  (func (export "malloc") (param i32) (result i32) (call $malloc (local.get 0)))
  (func (export "free") (param i32) (call $free (local.get 0)))
  (func (export "add") (param i32 i64) (result i64) (call $add (local.get 0) (local.get 1)))
  ;; Calls the host once; returns how often before.
  (func (export "act") (param i32) (result i32)
    (local $before i32)
    (local.set $before (global.get $acted))
    (call $act (local.get 0))
    (global.set $acted (i32.add (global.get $acted) (i32.const 1)))
    (local.get $before))
  ;; Calls the host, and then never returns.
  (func (export "act_and_loop") (param i32)
    (call $act (local.get 0))
    (loop $again (br $again)))
  (func (export "missing") (param i32) (result i32) (call $missing (local.get 0))))
