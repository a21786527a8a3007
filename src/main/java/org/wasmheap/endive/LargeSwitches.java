package org.wasmheap.endive;

import com.google.common.collect.ObjectArrays;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassTooLargeException;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodTooLargeException;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.InsnNode;
import org.objectweb.asm.tree.LabelNode;
import org.objectweb.asm.tree.LookupSwitchInsnNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.VarInsnNode;
import run.endive.compiler.internal.Compiler;

/**
 * Splits the engine's switches behind indirect calls, where they are too large for HotSpot.
 *
 * <p>An indirect call of a guest ends in a switch over all functions of its type, each case of
 * which calls one of them. From some 600 functions on, that method has more than {@value
 * MethodSizes#HUGE} bytes of bytecode, so HotSpot never compiles it: each such call goes through
 * its interpreter, which also counts, in memory that all workers share. Here the cases go into
 * methods of {@value #CASES} at most.
 *
 * <p>With more than 1,024 functions of a type, the engine makes a class for each 4,096 functions,
 * with one method that loads its parameters and switches. It loads the wrong ones behind a
 * parameter that takes two variables, so that the JVM refuses the class; these methods are
 * therefore made anew whatever their size.
 *
 * <p>What is not as it is known from the engine, or would not fit into a class file, stays as it
 * is.
 */
final class LargeSwitches {
  /** A case takes 12 bytes, and parameters and what stands before the switch some hundreds. */
  static final int MOST_CASES = 560;

  private static final int CASES = 256;

  /** A class of one method, which switches. */
  private static final String PART_PREFIX =
      Compiler.DEFAULT_CLASS_NAME.replace('.', '/') + "Indirect_";

  private LargeSwitches() {}

  /**
   * A class that does the same, in smaller methods.
   *
   * @param classFile one that the engine's compiler has made, not of functions
   * @return {@code classFile} itself if nothing in it is to be changed, or can be
   */
  static byte[] split(byte[] classFile) {
    ClassReader reader = new ClassReader(classFile);
    boolean isPart = reader.getClassName().startsWith(PART_PREFIX);
    if (!isPart && mostCases(reader) <= MOST_CASES) {
      return classFile;
    }
    ClassWriter writer = new ClassWriter(ClassWriter.COMPUTE_MAXS);
    Splitter splitter = new Splitter(writer, reader.getClassName(), isPart);
    try {
      reader.accept(splitter, ClassReader.EXPAND_FRAMES);
      return splitter.hasSplit ? writer.toByteArray() : classFile;
    } catch (MethodTooLargeException | ClassTooLargeException e) {
      return classFile; // It has no room for more names.
    }
  }

  /** Most classes have no large switch: to find that out keeps nothing. */
  private static int mostCases(ClassReader reader) {
    int[] most = {0};
    MethodVisitor method =
        new MethodVisitor(Opcodes.ASM9) {
          @Override
          public void visitLookupSwitchInsn(Label otherwise, int[] keys, Label[] labels) {
            most[0] = Math.max(most[0], keys.length);
          }
        };
    ClassVisitor methods =
        new ClassVisitor(Opcodes.ASM9) {
          @Override
          public MethodVisitor visitMethod(
              int access,
              String name,
              String descriptor,
              @Nullable String signature,
              String @Nullable [] exceptions) {
            return method;
          }
        };
    reader.accept(methods, ClassReader.SKIP_DEBUG | ClassReader.SKIP_FRAMES);
    return most[0];
  }

  /** Copies a class, and holds one method at a time: a hostile module's are many. */
  private static final class Splitter extends ClassVisitor {
    private final String owner;
    private final boolean isPart;
    private boolean hasSplit;

    Splitter(ClassWriter writer, String owner, boolean isPart) {
      super(Opcodes.ASM9, writer);
      this.owner = owner;
      this.isPart = isPart;
    }

    @Override
    public MethodVisitor visitMethod(
        int access,
        String name,
        String descriptor,
        @Nullable String signature,
        String @Nullable [] exceptions) {
      if (!isPart && !name.startsWith("call_indirect_")) {
        return super.visitMethod(access, name, descriptor, signature, exceptions);
      }
      return new MethodNode(Opcodes.ASM9, access, name, descriptor, signature, exceptions) {
        @Override
        public void visitEnd() {
          split(this);
          accept(cv);
        }
      };
    }

    private void split(MethodNode method) {
      CallSwitch found = CallSwitch.in(method, isPart ? 0 : MOST_CASES + 1);
      if (found == null || (isPart && !found.isWhole(method))) {
        return;
      }
      Methods methods = new Methods(owner, method, found, cv);
      if (isPart) {
        methods.replaceBody();
      } else {
        methods.replaceSwitch();
      }
      hasSplit = true;
    }
  }

  /**
   * A switch over numbers of functions, with the parameters of the call on the stack below.
   *
   * @param at where it stands
   * @param last of the instructions that belong to it
   * @param calls what each case calls, in the order of the keys
   * @param otherwise makes what is thrown for any other number
   * @param takesNumber whether that is given the number
   */
  private record CallSwitch(
      LookupSwitchInsnNode at,
      AbstractInsnNode last,
      List<MethodInsnNode> calls,
      MethodInsnNode otherwise,
      boolean takesNumber) {
    /** A method's first switch of this kind with at least so many cases. */
    static @Nullable CallSwitch in(MethodNode method, int cases) {
      if (!method.tryCatchBlocks.isEmpty() || !method.localVariables.isEmpty()) {
        return null;
      }
      for (AbstractInsnNode each : method.instructions) {
        if (each instanceof LookupSwitchInsnNode at && at.keys.size() >= cases) {
          return at.getPrevious() instanceof VarInsnNode number
                  && number.getOpcode() == Opcodes.ILOAD
              ? read(at, number.var)
              : null;
        }
      }
      return null;
    }

    /** What follows the switch; {@code null} if it is anything but calls and, last, a throw. */
    private static @Nullable CallSwitch read(LookupSwitchInsnNode at, int number) {
      Map<LabelNode, MethodInsnNode> calls = new HashMap<>();
      LabelNode label = null;
      boolean takesNumber = false;
      for (AbstractInsnNode each = at.getNext(); each != null; each = each.getNext()) {
        if (each instanceof LabelNode next) {
          label = next;
        } else if (each instanceof MethodInsnNode call && label != null) {
          if (call.getOpcode() != Opcodes.INVOKESTATIC || calls.put(label, call) != null) {
            return null;
          }
        } else if (each instanceof VarInsnNode load && label == at.dflt) {
          takesNumber = load.getOpcode() == Opcodes.ILOAD && load.var == number;
          if (!takesNumber) {
            return null;
          }
        } else if (each.getOpcode() == Opcodes.ATHROW && label == at.dflt) {
          return whole(at, each, calls, takesNumber);
        } else if (each.getOpcode() >= 0 && !(each instanceof InsnNode)) {
          return null;
        }
      }
      return null;
    }

    private static @Nullable CallSwitch whole(
        LookupSwitchInsnNode at,
        AbstractInsnNode last,
        Map<LabelNode, MethodInsnNode> calls,
        boolean takesNumber) {
      List<MethodInsnNode> inOrder = at.labels.stream().map(calls::get).toList();
      MethodInsnNode otherwise = calls.get(at.dflt);
      if (otherwise == null || inOrder.contains(null)) {
        return null;
      }
      return inOrder.stream().map(each -> each.desc).distinct().count() <= 1
          ? new CallSwitch(at, last, inOrder, otherwise, takesNumber)
          : null;
    }

    /** Whether the method loads parameters, switches, and does nothing else. */
    boolean isWhole(MethodNode method) {
      for (AbstractInsnNode each = at.getPrevious(); each != null; each = each.getPrevious()) {
        if (each.getOpcode() >= 0 && !(each instanceof VarInsnNode)) {
          return false;
        }
      }
      for (AbstractInsnNode each = last.getNext(); each != null; each = each.getNext()) {
        if (each.getOpcode() >= 0) {
          return false;
        }
      }
      return calls.isEmpty() || method.desc.equals(withNumber(calls.get(0).desc));
    }

    static String withNumber(String descriptor) {
      return Type.getMethodDescriptor(
          Type.getReturnType(descriptor),
          ObjectArrays.concat(Type.getArgumentTypes(descriptor), Type.INT_TYPE));
    }
  }

  /** The methods that take the place of one switch; each has the parameters of all of them. */
  private static final class Methods {
    private final String owner;
    private final MethodNode method;
    private final CallSwitch of;
    private final ClassVisitor to;
    private final String descriptor;
    private final Type[] parameters;
    private final int returns;

    Methods(String owner, MethodNode method, CallSwitch of, ClassVisitor to) {
      this.owner = owner;
      this.method = method;
      this.of = of;
      this.to = to;
      this.descriptor =
          of.calls.isEmpty() ? method.desc : CallSwitch.withNumber(of.calls.get(0).desc);
      this.parameters = Type.getArgumentTypes(descriptor);
      this.returns = Type.getReturnType(descriptor).getOpcode(Opcodes.IRETURN);
    }

    /** For a method that has these parameters itself, and does nothing else. */
    void replaceBody() {
      method.instructions.clear();
      load(method, parameters.length);
      root().accept(method);
      method.visitInsn(returns);
    }

    /** For a method that does more: what the switch found on the stack goes to the new ones. */
    void replaceSwitch() {
      method.instructions.insertBefore(of.at, root());
      method.instructions.insertBefore(of.at, new InsnNode(returns));
      AbstractInsnNode each = of.at;
      while (each != of.last) {
        AbstractInsnNode next = each.getNext();
        method.instructions.remove(each);
        each = next;
      }
      method.instructions.remove(of.last);
    }

    /** Makes all; gives the call of the first of them. */
    private MethodInsnNode root() {
      String name = method.name + "_cases";
      MethodVisitor root = begin(name);
      load(root, parameters.length);
      List<String> made = new ArrayList<>();
      choose(root, name, made, 0, of.calls.size());
      end(root);
      return call(name);
    }

    /** Halves the cases from {@code from} up to {@code to} until they fit into a method. */
    private void choose(MethodVisitor root, String name, List<String> made, int from, int to) {
      if (to - from <= CASES) {
        String cases = name + "_" + made.size();
        made.add(cases);
        cases(cases, from, to);
        call(cases).accept(root);
        root.visitInsn(returns);
        return;
      }
      int middle = (from + to) >>> 1;
      Label lower = new Label();
      root.visitVarInsn(Opcodes.ILOAD, numberVariable());
      root.visitLdcInsn(of.at.keys.get(middle));
      root.visitJumpInsn(Opcodes.IF_ICMPLT, lower);
      choose(root, name, made, middle, to);
      root.visitLabel(lower);
      frame(root, parameters.length);
      choose(root, name, made, from, middle);
    }

    /** A method of these cases. The parameters are loaded once: a type may have hundreds. */
    private void cases(String name, int from, int to) {
      MethodVisitor cases = begin(name);
      Label otherwise = new Label();
      Label[] labels = new Label[to - from];
      int[] keys = new int[to - from];
      for (int i = 0; i < keys.length; i++) {
        labels[i] = new Label();
        keys[i] = of.at.keys.get(from + i);
      }
      load(cases, parameters.length);
      cases.visitLookupSwitchInsn(otherwise, keys, labels);
      for (int i = 0; i < keys.length; i++) {
        cases.visitLabel(labels[i]);
        frame(cases, parameters.length - 1);
        of.calls.get(from + i).accept(cases);
        cases.visitInsn(returns);
      }
      cases.visitLabel(otherwise);
      frame(cases, parameters.length - 1);
      if (of.takesNumber) {
        cases.visitVarInsn(Opcodes.ILOAD, numberVariable());
      }
      of.otherwise.accept(cases);
      cases.visitInsn(Opcodes.ATHROW);
      end(cases);
    }

    private MethodVisitor begin(String name) {
      int access = Opcodes.ACC_PRIVATE | Opcodes.ACC_STATIC | Opcodes.ACC_SYNTHETIC;
      MethodVisitor begun = to.visitMethod(access, name, descriptor, null, null);
      begun.visitCode();
      return begun;
    }

    /** What is given for the largest stack is not used. */
    private static void end(MethodVisitor begun) {
      begun.visitMaxs(0, 0);
      begun.visitEnd();
    }

    private MethodInsnNode call(String name) {
      return new MethodInsnNode(Opcodes.INVOKESTATIC, owner, name, descriptor, false);
    }

    private void load(MethodVisitor into, int count) {
      int variable = 0;
      for (int i = 0; i < count; i++) {
        into.visitVarInsn(parameters[i].getOpcode(Opcodes.ILOAD), variable);
        variable += parameters[i].getSize();
      }
    }

    private int numberVariable() {
      int variable = 0;
      for (int i = 0; i < parameters.length - 1; i++) {
        variable += parameters[i].getSize();
      }
      return variable;
    }

    /** Where a jump may end: the parameters are there, and the first ones on the stack, too. */
    private void frame(MethodVisitor at, int onStack) {
      Object[] types = new Object[parameters.length];
      for (int i = 0; i < types.length; i++) {
        types[i] = verified(parameters[i]);
      }
      at.visitFrame(Opcodes.F_NEW, types.length, types, onStack, Arrays.copyOf(types, onStack));
    }

    private static Object verified(Type type) {
      return switch (type.getSort()) {
        case Type.INT -> Opcodes.INTEGER;
        case Type.LONG -> Opcodes.LONG;
        case Type.FLOAT -> Opcodes.FLOAT;
        case Type.DOUBLE -> Opcodes.DOUBLE;
        default -> type.getInternalName();
      };
    }
  }
}
