package org.wasmheap.testkit;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * WebAssembly's numeric instructions as the specification defines them, in Java's own arithmetic
 * and with nothing of the engine. Operands and results are bits; an i32 or f32 is in the low half.
 */
@SuppressWarnings({
  "FloatingPointLiteralPrecision",
  "LongDoubleConversion",
  "LongFloatConversion",
  "UnnecessaryLongToIntConversion"
}) // Bits and rounding are what it is about.
public final class WasmNumbers {
  private static final int I32 = ModuleBytes.I32;
  private static final int I64 = ModuleBytes.I64;
  private static final int F32 = ModuleBytes.F32;
  private static final int F64 = ModuleBytes.F64;
  private static final long LOW = 0xFFFF_FFFFL;

  /** The bits of the NaN that rewritten code makes. */
  public static final long CANONICAL_32 = 0x7FC0_0000L;

  public static final long CANONICAL_64 = 0x7FF8_0000_0000_0000L;

  private static final long[] INTEGERS = {
    0,
    1,
    2,
    7,
    31,
    32,
    33,
    63,
    64,
    65,
    0x7F,
    0x80,
    0xFF,
    0x100,
    0x7FFF,
    0x8000,
    0xFFFF,
    0x7FFF_FFFFL,
    0x8000_0000L,
    0x8000_0001L,
    0xFFFF_FFFEL,
    0xFFFF_FFFFL,
    0x1_0000_0000L,
    0x0100_0001L,
    0x7FFF_FFFF_FFFF_FFFFL,
    0x8000_0000_0000_0000L,
    0x8000_0000_0000_0001L,
    -1L,
    0x7FFF_FFBF_FFFF_FFFFL,
    0x8000_0080_0000_0001L,
    0x8000_0000_0000_0400L,
    0x8000_0000_0000_0401L,
    0x20_0000_0000_0001L,
    0xFFFF_FFFF_FFFF_FC00L,
    0xFFFF_FFFF_FFFF_FBFFL,
    0xFFFF_FFFF_0000_0000L,
    0x0123_4567_89AB_CDEFL
  };
  private static final float[] FLOATS = {
    0f,
    -0f,
    1f,
    -1f,
    0.5f,
    -0.5f,
    1.5f,
    -1.5f,
    2.5f,
    -2.5f,
    0.49999997f,
    8388607.5f,
    8388609f,
    -0.9f,
    0.9f,
    4290772992f,
    -4290772992f,
    2147483648f,
    2147483520f,
    -2147483648f,
    4294967296f,
    4294967040f,
    9.223372e18f,
    -9.223372e18f,
    1.8446744e19f,
    Float.MIN_VALUE,
    -Float.MIN_VALUE,
    Float.MIN_NORMAL,
    Float.MAX_VALUE,
    -Float.MAX_VALUE,
    Float.POSITIVE_INFINITY,
    Float.NEGATIVE_INFINITY,
    Float.intBitsToFloat(0x7FC0_0000),
    Float.intBitsToFloat(0xFFC0_0000),
    Float.intBitsToFloat(0x7FA0_0001),
    Float.intBitsToFloat(0xFFA0_0001)
  };
  private static final double[] DOUBLES = {
    0.49999999999999994,
    4503599627370495.5,
    4503599627370497.5,
    2147483647.9,
    2147483648.0,
    -2147483648.9,
    -2147483649.0,
    4294967295.9,
    9.223372036854775E18,
    -9.223372036854775808E18,
    9.223372036854775807E18,
    1.8446744073709550E19,
    Double.MIN_VALUE,
    Double.MAX_VALUE,
    1.0000000596046448,
    1.4012984643248170e-45,
    7.006492321624085e-46,
    3.4028235677973366e38,
    Double.longBitsToDouble(0xFFF8_0000_0000_0001L),
    Double.longBitsToDouble(0x7FF0_0000_0000_0456L)
  };

  private WasmNumbers() {}

  /** Each numeric opcode, those with the prefix as 0xFC00 and more. */
  public static List<Integer> opcodes() {
    return IntStream.concat(
            IntStream.rangeClosed(0x45, 0xC4), IntStream.rangeClosed(0xFC00, 0xFC07))
        .boxed()
        .toList();
  }

  public static int[] operands(int op) {
    int type = operand(op);
    boolean two =
        (op >= 0x46 && op <= 0x4F)
            || (op >= 0x51 && op <= 0x66)
            || (op >= 0x6A && op <= 0x78)
            || (op >= 0x7C && op <= 0x8A)
            || (op >= 0x92 && op <= 0x98)
            || (op >= 0xA0 && op <= 0xA6);
    return two ? new int[] {type, type} : new int[] {type};
  }

  private static int operand(int op) {
    if (op >= 0xFC00) {
      return (op & 2) == 0 ? F32 : F64;
    }
    if (op <= 0xA6) {
      return op <= 0x4F || (op >= 0x67 && op <= 0x78)
          ? I32
          : op <= 0x5A || (op >= 0x79 && op <= 0x8A)
              ? I64
              : op <= 0x60 || (op >= 0x8B && op <= 0x98) ? F32 : F64;
    }
    return switch (op) {
      case 0xA8, 0xA9, 0xAE, 0xAF, 0xBB, 0xBC -> F32;
      case 0xAA, 0xAB, 0xB0, 0xB1, 0xB6, 0xBD -> F64;
      case 0xA7, 0xB4, 0xB5, 0xB9, 0xBA, 0xBF, 0xC2, 0xC3, 0xC4 -> I64;
      default -> I32;
    };
  }

  public static int result(int op) {
    if (op >= 0xFC00) {
      return (op & 4) == 0 ? I32 : I64;
    }
    if (op <= 0x66 || (op >= 0xA7 && op <= 0xAB) || op == 0xBC || op == 0xC0 || op == 0xC1) {
      return I32;
    }
    if (op <= 0xA6) {
      return operand(op);
    }
    return (op >= 0xB2 && op <= 0xB6) || op == 0xBE
        ? F32
        : (op >= 0xB7 && op <= 0xBB) || op == 0xBF ? F64 : I64;
  }

  private static long[] edges(int type) {
    List<Long> edges = new ArrayList<>();
    if (type == I32 || type == I64) {
      for (long each : INTEGERS) {
        edges.add(type == I32 ? each & LOW : each);
      }
    } else {
      for (float each : FLOATS) {
        edges.add(
            type == F32 ? Float.floatToRawIntBits(each) & LOW : Double.doubleToRawLongBits(each));
      }
      for (double each : DOUBLES) {
        edges.add(
            type == F32
                ? Float.floatToRawIntBits((float) each) & LOW
                : Double.doubleToRawLongBits(each));
      }
    }
    return edges.stream().mapToLong(Long::longValue).distinct().toArray();
  }

  /** All edges, and all pairs of them. */
  public static List<long[]> inputs(int op) {
    List<long[]> inputs = new ArrayList<>();
    long[] edges = edges(operand(op));
    for (long first : edges) {
      if (operands(op).length == 1) {
        inputs.add(new long[] {first});
      } else {
        for (long second : edges) {
          inputs.add(new long[] {first, second});
        }
      }
    }
    return inputs;
  }

  /** Whether a result is right: a NaN of arithmetic may have any payload. */
  public static boolean isSame(int op, @Nullable Long expected, @Nullable Long found) {
    if (expected == null || found == null) {
      return expected == null && found == null;
    }
    int type = result(op);
    boolean exact =
        op == 0x8B || op == 0x8C || op == 0x98 || op == 0x99 || op == 0x9A || op == 0xA6;
    if (type == F32 && !exact && op != 0xBE && Float.isNaN(f32(expected))) {
      return Float.isNaN(f32(found));
    }
    if (type == F64 && !exact && op != 0xBF && Double.isNaN(f64(expected))) {
      return Double.isNaN(f64(found));
    }
    long mask = type == I32 || type == F32 ? LOW : -1;
    return (expected & mask) == (found & mask);
  }

  /** Whether a result is no NaN, or the canonical one with the sign clear. */
  public static boolean isNumberOrCanonical(int op, @Nullable Long found) {
    if (found == null) {
      return true;
    }
    return switch (result(op)) {
      case F32 -> !Float.isNaN(f32(found)) || (found & LOW) == CANONICAL_32;
      case F64 -> !Double.isNaN(f64(found)) || found == CANONICAL_64;
      default -> true;
    };
  }

  private static float f32(long bits) {
    return Float.intBitsToFloat((int) bits);
  }

  private static double f64(long bits) {
    return Double.longBitsToDouble(bits);
  }

  /** The bits of the result; null for a trap. */
  public static @Nullable Long expected(int op, long[] in) {
    long a = in[0];
    long b = in.length > 1 ? in[1] : 0;
    if (op >= 0xFC00) {
      return truncated(operand(op) == F32 ? f32(a) : f64(a), result(op), (op & 1) != 0, true);
    }
    if (op == 0x45 || (op >= 0x46 && op <= 0x4F)) {
      return compared(op - 0x45, (int) a, (int) b, a & LOW, b & LOW);
    }
    if (op <= 0x5A) {
      return compared(op - 0x50, a, b, a ^ Long.MIN_VALUE, b ^ Long.MIN_VALUE);
    }
    if (op <= 0x60) {
      return comparedFloats(op - 0x5B, f32(a), f32(b));
    }
    if (op <= 0x66) {
      return comparedFloats(op - 0x61, f64(a), f64(b));
    }
    if (op <= 0x78) {
      return integers(op - 0x67, 32, a, b);
    }
    if (op <= 0x8A) {
      return integers(op - 0x79, 64, a, b);
    }
    if (op <= 0x98) {
      return singles(op - 0x8B, (int) a, (int) b);
    }
    if (op <= 0xA6) {
      return doubles(op - 0x99, a, b);
    }
    return converted(op, a);
  }

  private static long compared(int what, long a, long b, long aUnsigned, long bUnsigned) {
    boolean is =
        switch (what) {
          case 0 -> a == 0;
          case 1 -> a == b;
          case 2 -> a != b;
          case 3 -> a < b;
          case 4 -> aUnsigned < bUnsigned;
          case 5 -> a > b;
          case 6 -> aUnsigned > bUnsigned;
          case 7 -> a <= b;
          case 8 -> aUnsigned <= bUnsigned;
          case 9 -> a >= b;
          default -> aUnsigned >= bUnsigned;
        };
    return is ? 1 : 0;
  }

  private static long comparedFloats(int what, double a, double b) {
    boolean is =
        switch (what) {
          case 0 -> a == b;
          case 1 -> a != b;
          case 2 -> a < b;
          case 3 -> a > b;
          case 4 -> a <= b;
          default -> a >= b;
        };
    return is ? 1 : 0;
  }

  private static BigInteger unsigned(long value, int bits) {
    return BigInteger.valueOf(value).mod(BigInteger.ONE.shiftLeft(bits));
  }

  private static @Nullable Long integers(int what, int bits, long a, long b) {
    BigInteger x = unsigned(a, bits);
    BigInteger y = unsigned(b, bits);
    BigInteger signedX = BigInteger.valueOf(bits == 32 ? (int) a : a);
    BigInteger signedY = BigInteger.valueOf(bits == 32 ? (int) b : b);
    int shift = y.mod(BigInteger.valueOf(bits)).intValue();
    boolean divides = what >= 6 && what <= 9;
    if (divides && y.signum() == 0) {
      return null;
    }
    if (what == 6 && signedX.divide(signedY).bitLength() >= bits) {
      return null;
    }
    BigInteger result =
        switch (what) {
          case 0 -> BigInteger.valueOf(bits - x.bitLength());
          case 1 -> BigInteger.valueOf(x.signum() == 0 ? bits : x.getLowestSetBit());
          case 2 -> BigInteger.valueOf(x.bitCount());
          case 3 -> x.add(y);
          case 4 -> x.subtract(y);
          case 5 -> x.multiply(y);
          case 6 -> signedX.divide(signedY);
          case 7 -> x.divide(y);
          case 8 -> signedX.remainder(signedY);
          case 9 -> x.remainder(y);
          case 10 -> x.and(y);
          case 11 -> x.or(y);
          case 12 -> x.xor(y);
          case 13 -> x.shiftLeft(shift);
          case 14 -> signedX.shiftRight(shift);
          case 15 -> x.shiftRight(shift);
          case 16 -> x.shiftLeft(shift).or(x.shiftRight(bits - shift));
          default -> x.shiftRight(shift).or(x.shiftLeft(bits - shift));
        };
    return result.longValue();
  }

  private static long singles(int what, int a, int b) {
    float x = Float.intBitsToFloat(a);
    float y = Float.intBitsToFloat(b);
    return switch (what) {
      case 0 -> a & 0x7FFF_FFFF;
      case 1 -> a ^ 0x8000_0000;
      case 2 -> Float.floatToRawIntBits((float) Math.ceil(x));
      case 3 -> Float.floatToRawIntBits((float) Math.floor(x));
      case 4 -> Float.floatToRawIntBits((float) (x < 0 ? Math.ceil(x) : Math.floor(x)));
      case 5 -> Float.floatToRawIntBits((float) Math.rint(x));
      case 6 -> Float.floatToRawIntBits((float) Math.sqrt(x));
      case 7 -> Float.floatToRawIntBits(x + y);
      case 8 -> Float.floatToRawIntBits(x - y);
      case 9 -> Float.floatToRawIntBits(x * y);
      case 10 -> Float.floatToRawIntBits(x / y);
      case 11 -> Float.floatToRawIntBits(Math.min(x, y));
      case 12 -> Float.floatToRawIntBits(Math.max(x, y));
      default -> (a & 0x7FFF_FFFF) | (b & 0x8000_0000);
    };
  }

  private static long doubles(int what, long a, long b) {
    double x = f64(a);
    double y = f64(b);
    return switch (what) {
      case 0 -> a & Long.MAX_VALUE;
      case 1 -> a ^ Long.MIN_VALUE;
      case 2 -> Double.doubleToRawLongBits(Math.ceil(x));
      case 3 -> Double.doubleToRawLongBits(Math.floor(x));
      case 4 -> Double.doubleToRawLongBits(x < 0 ? Math.ceil(x) : Math.floor(x));
      case 5 -> Double.doubleToRawLongBits(Math.rint(x));
      case 6 -> Double.doubleToRawLongBits(Math.sqrt(x));
      case 7 -> Double.doubleToRawLongBits(x + y);
      case 8 -> Double.doubleToRawLongBits(x - y);
      case 9 -> Double.doubleToRawLongBits(x * y);
      case 10 -> Double.doubleToRawLongBits(x / y);
      case 11 -> Double.doubleToRawLongBits(Math.min(x, y));
      case 12 -> Double.doubleToRawLongBits(Math.max(x, y));
      default -> (a & Long.MAX_VALUE) | (b & Long.MIN_VALUE);
    };
  }

  private static @Nullable Long converted(int op, long a) {
    boolean truncates = (op >= 0xA8 && op <= 0xAB) || (op >= 0xAE && op <= 0xB1);
    if (truncates) {
      return truncated(operand(op) == F32 ? f32(a) : f64(a), result(op), (op & 1) != 0, false);
    }
    return switch (op) {
      case 0xA7, 0xBC, 0xBD, 0xBE, 0xBF -> a;
      case 0xAC -> (long) (int) a;
      case 0xAD -> a & LOW;
      case 0xB2 -> (long) Float.floatToRawIntBits((int) a);
      case 0xB3 -> (long) Float.floatToRawIntBits(a & LOW);
      case 0xB4 -> (long) Float.floatToRawIntBits(a);
      case 0xB5 -> (long) Float.floatToRawIntBits(new BigDecimal(unsigned(a, 64)).floatValue());
      case 0xB6 -> (long) Float.floatToRawIntBits((float) f64(a));
      case 0xB7 -> Double.doubleToRawLongBits((int) a);
      case 0xB8 -> Double.doubleToRawLongBits(a & LOW);
      case 0xB9 -> Double.doubleToRawLongBits(a);
      case 0xBA -> Double.doubleToRawLongBits(new BigDecimal(unsigned(a, 64)).doubleValue());
      case 0xBB -> Double.doubleToRawLongBits(f32(a));
      case 0xC0, 0xC2 -> (long) (byte) a;
      case 0xC1, 0xC3 -> (long) (short) a;
      default -> (long) (int) a;
    };
  }

  private static @Nullable Long truncated(
      double value, int type, boolean unsigned, boolean saturates) {
    int bits = type == I32 ? 32 : 64;
    if (Double.isNaN(value)) {
      return saturates ? 0L : null;
    }
    BigInteger least = unsigned ? BigInteger.ZERO : BigInteger.ONE.shiftLeft(bits - 1).negate();
    BigInteger most = BigInteger.ONE.shiftLeft(unsigned ? bits : bits - 1).subtract(BigInteger.ONE);
    BigInteger whole =
        Double.isInfinite(value)
            ? (value > 0 ? most.add(BigInteger.ONE) : least.subtract(BigInteger.ONE))
            : new BigDecimal(value).toBigInteger();
    if (whole.compareTo(least) >= 0 && whole.compareTo(most) <= 0) {
      return whole.longValue();
    }
    return saturates ? Long.valueOf((whole.signum() > 0 ? most : least).longValue()) : null;
  }
}
