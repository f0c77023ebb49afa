;; A plugin that ends in every way it can: the first byte of a request says how. Assembled by soak/crashing-guest.ts.
(component
  (type $interface (instance
    (type $bytes (list u8)) (type $answer (result $bytes (error $bytes)))
    (export "call" (func (param "request" $bytes) (result $answer)))))
  (import "bench:crash/ask@1.0.0" (instance $ask (type $interface)))
  (import "wasi:cli/exit@0.2.0" (instance $exit (export "exit" (func (param "status" (result))))))

  (core module $allocator
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 4096))
    ;; Each call begins again at the same place: nothing of an earlier one is needed.
    (func (export "reset") (global.set $next (i32.const 4096)))
    (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32) (local $at i32)
      (local.set $at (global.get $next))
      (global.set $next (i32.add (global.get $next) (local.get $size)))
      (if (i32.gt_u (global.get $next) (i32.mul (memory.size) (i32.const 65536))) (then (unreachable)))
      (local.get $at)))
  (core instance $allocator (instantiate $allocator))
  (alias core export $allocator "memory" (core memory $memory))
  (alias core export $allocator "cabi_realloc" (core func $realloc))
  (core func $ask (canon lower (func $ask "call") (memory $memory) (realloc $realloc)))
  (core func $exit (canon lower (func $exit "exit")))
  (core instance $host (export "ask" (func $ask)) (export "exit" (func $exit)))

  (core module $main
    (import "env" "memory" (memory 1))
    (import "env" "reset" (func $reset))
    (import "host" "ask" (func $ask (param i32 i32 i32)))
    (import "host" "exit" (func $exit (param i32)))

    (func $answer (param $tag i32) (param $ptr i32) (param $len i32) (result i32)
      (i32.store8 (i32.const 1024) (local.get $tag))
      (i32.store (i32.const 1028) (local.get $ptr))
      (i32.store (i32.const 1032) (local.get $len))
      (i32.const 1024))
    (func $loop (loop $again (br $again)))
    (func $recurse (param i32) (result i32)
      (i32.add (call $recurse (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))
    ;; Takes all memory that there is, and writes to every page of it.
    (func $hoard (local $page i32)
      (loop $more
        (local.set $page (memory.grow (i32.const 1)))
        (if (i32.ne (local.get $page) (i32.const -1))
          (then
            (i32.store (i32.mul (local.get $page) (i32.const 65536)) (i32.const 1))
            (br $more)))))
    (func $flood (param $ptr i32) (param $len i32)
      (loop $again
        (call $reset)
        (call $ask (local.get $ptr) (local.get $len) (i32.const 2048))
        (br $again)))

    (func (export "handle") (param $ptr i32) (param $len i32) (result i32) (local $what i32)
      (local.set $what (i32.load8_u (local.get $ptr)))
      (if (i32.eq (local.get $what) (i32.const 0x74)) (then (unreachable)))                                        ;; t
      (if (i32.eq (local.get $what) (i32.const 0x6c)) (then (call $loop)))                                         ;; l
      (if (i32.eq (local.get $what) (i32.const 0x72)) (then (drop (call $recurse (i32.const 0)))))                 ;; r
      (if (i32.eq (local.get $what) (i32.const 0x78)) (then (call $exit (i32.const 1))))                           ;; x
      (if (i32.eq (local.get $what) (i32.const 0x6d)) (then (call $hoard)))                                        ;; m
      (if (i32.eq (local.get $what) (i32.const 0x63)) (then (call $flood (local.get $ptr) (local.get $len))))      ;; c
      (if (i32.eq (local.get $what) (i32.const 0x61))                                                              ;; a
        (then (call $ask (local.get $ptr) (local.get $len) (i32.const 2048))))
      (if (i32.eq (local.get $what) (i32.const 0x68))                                                              ;; h
        (then (return (call $answer (i32.const 0) (i32.const 16) (i32.const -1)))))
      (call $answer (i32.const 0) (local.get $ptr) (local.get $len)))
    (func (export "post") (param $area i32) (call $reset)))
  (core instance $main (instantiate $main (with "env" (instance $allocator)) (with "host" (instance $host))))

  (type $bytes (list u8)) (type $answer (result $bytes (error $bytes)))
  (alias core export $main "handle" (core func $handle))
  (alias core export $main "post" (core func $post))
  (func $handle (param "request" $bytes) (result $answer)
    (canon lift (core func $handle) (memory $memory) (realloc $realloc) (post-return $post)))
  (instance $crash (export "handle" (func $handle)))
  (export "bench:crash/crash@1.0.0" (instance $crash)))
