package org.wasmheap.endive;

import com.google.common.collect.ObjectArrays;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.ClassNode;
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
 * methods of {@value #CASES} each. What is not a switch of this kind stays as it is.
 */
final class LargeSwitches {
  /** A case takes 13 bytes, and what stands before the switch some hundred. */
  static final int MOST_CASES = 560;

  /** In a method of its own, a case takes 13 bytes and what loads the parameters. */
  private static final int CASES = 256;

  /** What the engine calls a class of one switch, when a type has more than 1,024 functions. */
  private static final String PART_PREFIX =
      Compiler.DEFAULT_CLASS_NAME.replace('.', '/') + "Indirect_";

  private static final Object[] EMPTY = {};

  private LargeSwitches() {}

  /**
   * A class that does the same, in smaller methods.
   *
   * @param classFile one that the engine's compiler has made, not of functions
   * @return {@code classFile} itself if no switch is too large
   */
  static byte[] split(byte[] classFile) {
    ClassReader reader = new ClassReader(classFile);
    boolean isPart = reader.getClassName().startsWith(PART_PREFIX);
    if (!isPart && mostCases(reader) <= MOST_CASES) {
      return classFile;
    }
    ClassNode type = new ClassNode();
    reader.accept(type, ClassReader.EXPAND_FRAMES);
    List<MethodNode> made = new ArrayList<>();
    for (MethodNode method : type.methods) {
      CallSwitch found = CallSwitch.in(method, isPart ? 0 : MOST_CASES + 1);
      if (found != null) {
        Methods all = new Methods(type.name, method, found);
        if (isPart) {
          all.replaceBody();
        } else {
          all.replaceSwitch();
        }
        made.addAll(all.made);
      }
    }
    if (made.isEmpty()) {
      return classFile;
    }
    type.methods.addAll(made);
    ClassWriter writer = new ClassWriter(ClassWriter.COMPUTE_MAXS);
    type.accept(writer);
    return writer.toByteArray();
  }

  /** Most classes have no large switch: to find that out takes no memory. */
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
      for (AbstractInsnNode each : method.instructions) {
        if (each instanceof LookupSwitchInsnNode at && at.keys.size() >= cases) {
          return at.getPrevious() instanceof VarInsnNode number ? read(at, number.var) : null;
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
  }

  /** The methods that take the place of one switch; each has the parameters of all of them. */
  private static final class Methods {
    private final String owner;
    private final MethodNode method;
    private final CallSwitch of;
    private final Type[] parameters;
    private final Type result;
    private final List<MethodNode> made = new ArrayList<>();

    Methods(String owner, MethodNode method, CallSwitch of) {
      this.owner = owner;
      this.method = method;
      this.of = of;
      this.result = Type.getReturnType(method.desc);
      this.parameters =
          of.calls.isEmpty()
              ? Type.getArgumentTypes(method.desc)
              : ObjectArrays.concat(Type.getArgumentTypes(of.calls.get(0).desc), Type.INT_TYPE);
    }

    /**
     * For a method that has these parameters itself, and does nothing else. The engine's would load
     * the wrong ones behind one that takes two variables, and not be verified.
     */
    void replaceBody() {
      method.instructions.clear();
      load(method, parameters.length);
      root().accept(method);
      method.visitInsn(returns());
    }

    /** For a method that does more: what the switch found on the stack goes to the new ones. */
    void replaceSwitch() {
      method.instructions.insertBefore(of.at, root());
      method.instructions.insertBefore(of.at, new InsnNode(returns()));
      AbstractInsnNode each = of.at;
      while (each != of.last) {
        AbstractInsnNode next = each.getNext();
        method.instructions.remove(each);
        each = next;
      }
      method.instructions.remove(of.last);
    }

    private int returns() {
      return result.getOpcode(Opcodes.IRETURN);
    }

    /** Makes all; gives the call of the first of them. */
    private MethodInsnNode root() {
      MethodNode root = begin(method.name + "_cases");
      choose(root, 0, of.calls.size());
      root.visitMaxs(0, 0);
      return call(root.name);
    }

    /** Halves the cases from {@code from} up to {@code to} until they fit into a method. */
    private void choose(MethodNode root, int from, int to) {
      if (to - from <= CASES) {
        load(root, parameters.length);
        call(cases(root.name + "_" + from, from, to)).accept(root);
        root.visitInsn(returns());
        return;
      }
      int middle = (from + to) >>> 1;
      Label lower = new Label();
      root.visitVarInsn(Opcodes.ILOAD, numberVariable());
      root.visitLdcInsn(of.at.keys.get(middle));
      root.visitJumpInsn(Opcodes.IF_ICMPLT, lower);
      choose(root, middle, to);
      root.visitLabel(lower);
      frame(root);
      choose(root, from, middle);
    }

    /** A method of these cases; gives its name. */
    private String cases(String name, int from, int to) {
      MethodNode cases = begin(name);
      Label otherwise = new Label();
      Label[] labels = new Label[to - from];
      int[] keys = new int[to - from];
      for (int i = 0; i < keys.length; i++) {
        labels[i] = new Label();
        keys[i] = of.at.keys.get(from + i);
      }
      cases.visitVarInsn(Opcodes.ILOAD, numberVariable());
      cases.visitLookupSwitchInsn(otherwise, keys, labels);
      for (int i = 0; i < keys.length; i++) {
        cases.visitLabel(labels[i]);
        frame(cases);
        load(cases, parameters.length - 1);
        of.calls.get(from + i).accept(cases);
        cases.visitInsn(returns());
      }
      cases.visitLabel(otherwise);
      frame(cases);
      if (of.takesNumber) {
        cases.visitVarInsn(Opcodes.ILOAD, numberVariable());
      }
      of.otherwise.accept(cases);
      cases.visitInsn(Opcodes.ATHROW);
      cases.visitMaxs(0, 0);
      return name;
    }

    private MethodNode begin(String name) {
      int access = Opcodes.ACC_PRIVATE | Opcodes.ACC_STATIC | Opcodes.ACC_SYNTHETIC;
      String descriptor = Type.getMethodDescriptor(result, parameters);
      MethodNode begun = new MethodNode(access, name, descriptor, null, null);
      begun.visitCode();
      made.add(begun);
      return begun;
    }

    private MethodInsnNode call(String name) {
      String descriptor = Type.getMethodDescriptor(result, parameters);
      return new MethodInsnNode(Opcodes.INVOKESTATIC, owner, name, descriptor, false);
    }

    private void load(MethodNode into, int count) {
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

    /** Where a jump may end: the parameters are there, and nothing on the stack. */
    private void frame(MethodNode at) {
      Object[] locals = new Object[parameters.length];
      for (int i = 0; i < locals.length; i++) {
        locals[i] = verified(parameters[i]);
      }
      at.visitFrame(Opcodes.F_NEW, locals.length, locals, 0, EMPTY);
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
