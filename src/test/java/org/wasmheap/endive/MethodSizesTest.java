package org.wasmheap.endive;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/** Methods are counted that HotSpot does not compile, and no others. */
class MethodSizesTest {
  private final ClassWriter type = new ClassWriter(0);

  MethodSizesTest() {
    type.visit(
        Opcodes.V11, Opcodes.ACC_PUBLIC, "a/Guest", null, "java/lang/Object", new String[] {"a/B"});
    type.visitField(Opcodes.ACC_PRIVATE, "func_9", "J", null, null).visitEnd();
  }

  private void add(String name, int codeBytes) {
    MethodVisitor method = type.visitMethod(Opcodes.ACC_STATIC, name, "()V", null, null);
    method.visitCode();
    method.visitLdcInsn(1L); // A constant that takes two numbers.
    method.visitInsn(Opcodes.POP2);
    for (int i = 5; i < codeBytes; i++) {
      method.visitInsn(Opcodes.NOP);
    }
    method.visitInsn(Opcodes.RETURN);
    method.visitMaxs(2, 0);
    method.visitEnd();
  }

  private int count() {
    type.visitEnd();
    return MethodSizes.countHuge(type.toByteArray());
  }

  @Test
  void a_function_is_huge_above_8_000_bytes() {
    add("func_1", 8_000);
    add("func_2", 8_001);
    add("func_3", 20_000);
    add("func_4", 10);

    assertEquals(2, count());
  }

  @Test
  void what_is_no_function_of_a_guest_does_not_count() {
    add("call_1", 20_000);

    assertEquals(0, count());
  }
}
