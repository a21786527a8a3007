package org.wasmheap.endive;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;
import run.endive.compiler.internal.Compiler;
import run.endive.runtime.Instance;
import run.endive.runtime.Machine;
import run.endive.wasm.WasmEngineException;

/**
 * The classes of one compiled module, each made from its bytes when it is first needed. They are
 * unloaded together, once nothing refers to the module or its instances.
 *
 * <p>Any thread.
 */
final class GuestClasses extends ClassLoader {
  static {
    registerAsParallelCapable();
  }

  /** What is not a class yet. An entry goes when its class is there, in the lock of its name. */
  private final ConcurrentMap<String, ClassBytes> waiting;

  /** Classes by name; those of the engine come from where it is itself. */
  GuestClasses(Map<String, ClassBytes> classes) {
    super(Machine.class.getClassLoader());
    this.waiting = new ConcurrentHashMap<>(classes);
  }

  /** Names of classes that are not made yet, sorted. */
  List<String> names() {
    return waiting.keySet().stream().sorted().toList();
  }

  /** How much is kept of what is not a class yet, in bytes: deflated, if it came from a store. */
  long waitingBytes() {
    return waiting.values().stream().mapToLong(each -> each.stored().length).sum();
  }

  /** What the application has of such a name is not the guest's. */
  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    if (!name.startsWith(Compiler.DEFAULT_CLASS_NAME)) {
      return super.loadClass(name, resolve);
    }
    synchronized (getClassLoadingLock(name)) {
      Class<?> known = findLoadedClass(name);
      return known == null ? findClass(name) : known;
    }
  }

  @Override
  protected Class<?> findClass(String name) throws ClassNotFoundException {
    ClassBytes file = waiting.get(name);
    if (file == null) {
      throw new ClassNotFoundException(name);
    }
    byte[] bytes = file.bytes();
    Class<?> made = defineClass(name, bytes, 0, bytes.length);
    waiting.remove(name);
    return made;
  }

  /**
   * Makes a class, if it is not made yet, has the JVM verify it, and initialises it.
   *
   * @throws LinkageError if it is no class that the JVM takes
   */
  Class<?> link(String name) {
    try {
      return Class.forName(name, true, this);
    } catch (ClassNotFoundException e) {
      throw new NoClassDefFoundError(String.valueOf(e.getMessage()));
    }
  }

  /**
   * What makes the machine of an instance.
   *
   * @throws LinkageError if the class of the machine is absent or not as it must be
   */
  Function<Instance, Machine> machines() {
    Constructor<? extends Machine> constructor;
    try {
      constructor =
          link(Compiler.DEFAULT_CLASS_NAME)
              .asSubclass(Machine.class)
              .getConstructor(Instance.class);
    } catch (NoSuchMethodException | ClassCastException e) {
      throw new LinkageError("the machine's class is not one of the engine's", e);
    }
    return instance -> machine(constructor, instance);
  }

  private static Machine machine(Constructor<? extends Machine> constructor, Instance instance) {
    try {
      return constructor.newInstance(instance);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw new WasmEngineException(e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new WasmEngineException(e);
    }
  }
}
