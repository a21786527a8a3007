;; Mutable globals, one of them exported.
(module
  (memory 1)
  (global (export "__heap_base") i32 (i32.const 1024))
  (global $fixed i64 (i64.const 0x1122334455667788))
  (global $i32 (export "counter") (mut i32) (i32.const -5))
  (global $i64 (mut i64) (i64.const 0x0123456789abcdef))
  (global $f32 (mut f32) (f32.const nan:0x200001))
  (global $f64 (mut f64) (f64.const -0.1))
  (global $func (mut funcref) (ref.func $one))
  (func $one (result i32) (i32.const 1))

  (func (export "dirty_i32") (global.set $i32 (i32.add (global.get $i32) (i32.const 1))))
  (func (export "dirty_i64") (global.set $i64 (i64.const -1)))
  (func (export "dirty_f32") (global.set $f32 (f32.const 1.5)))
  (func (export "dirty_f64") (global.set $f64 (f64.const nan:0x8000000000001)))
  (func (export "dirty_func") (global.set $func (ref.null func)))

  (func $mix (param $sum i64) (param $next i64) (result i64)
    (i64.add (i64.mul (local.get $sum) (i64.const 31)) (local.get $next)))
  (func (export "look") (result i64)
    (local $sum i64)
    (local.set $sum (global.get $fixed))
    (local.set $sum (call $mix (local.get $sum) (i64.extend_i32_s (global.get $i32))))
    (local.set $sum (call $mix (local.get $sum) (global.get $i64)))
    (local.set $sum
      (call $mix (local.get $sum) (i64.extend_i32_u (i32.reinterpret_f32 (global.get $f32)))))
    (local.set $sum (call $mix (local.get $sum) (i64.reinterpret_f64 (global.get $f64))))
    (call $mix (local.get $sum) (i64.extend_i32_u (ref.is_null (global.get $func))))))
