;; Does not say where its heap begins.
(module
  (memory 1))
