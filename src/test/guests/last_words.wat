;; Says something of an error to its host, and traps.
(module
  (import "env" "ext_misc_print_utf8_version_1" (func $print (param i64)))
  (import "env" "ext_panic_handler_abort_on_panic_version_1" (func $abort (param i64)))
  (memory (export "memory") 4)
  (global (export "__heap_base") i32 (i32.const 1024))

  ;; Prints a range, and traps.
  (func (export "panic") (param $words i64)
    (call $print (local.get $words))
    (unreachable))

  ;; Has the host end it with a range for a reason.
  (func (export "abort") (param $words i64)
    (call $abort (local.get $words))))
