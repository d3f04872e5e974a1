using System.Buffers.Binary;

namespace EdgePeer.Protocol.Cryptography;

/// <summary>
/// A number modulo the prime of P-256, p = 2^256 - 2^224 + 2^192 + 2^96 - 1, as four 64-bit limbs, the lowest first. Held times 2^256
/// (Montgomery's form), in which a product needs no division. For public values only: its time depends on them.
/// </summary>
internal readonly struct P256Field
{
    public const int Bytes = 32;

    private readonly ulong _0, _1, _2, _3;

    private P256Field(ulong limb0, ulong limb1, ulong limb2, ulong limb3)
    {
        _0 = limb0;
        _1 = limb1;
        _2 = limb2;
        _3 = limb3;
    }

    /// <param name="bytes">32, big-endian.</param>
    /// <returns>False when the number is p or above.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out P256Field value)
    {
        var plain = new P256Field(
            BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]),
            BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]),
            BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]),
            BinaryPrimitives.ReadUInt64BigEndian(bytes));
        value = plain * Radix2;
        return !plain.IsPrimeOrAbove;
    }

    public void Write(Span<byte> bytes)
    {
        var plain = this * new P256Field(1, 0, 0, 0);
        BinaryPrimitives.WriteUInt64BigEndian(bytes, plain._3);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], plain._2);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[16..], plain._1);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[24..], plain._0);
    }

    public static P256Field operator +(in P256Field a, in P256Field b)
    {
        var sum = AddLimbs(a, b, out ulong carry);
        return carry != 0 || sum.IsPrimeOrAbove ? SubtractLimbs(sum, Prime, out _) : sum;
    }

    public static P256Field operator -(in P256Field a, in P256Field b)
    {
        var difference = SubtractLimbs(a, b, out ulong borrow);
        return borrow != 0 ? AddLimbs(difference, Prime, out _) : difference;
    }

    public P256Field Negate() => default(P256Field) - this;

    /// <summary>a · b / 2^256: a limb of b at a time is multiplied in, and the lowest limb made zero by a multiple of p and dropped.</summary>
    public static P256Field operator *(in P256Field a, in P256Field b)
    {
        ulong t0 = 0, t1 = 0, t2 = 0, t3 = 0, t4 = 0;
        MultiplyIn(a, b._0, ref t0, ref t1, ref t2, ref t3, ref t4);
        MultiplyIn(a, b._1, ref t0, ref t1, ref t2, ref t3, ref t4);
        MultiplyIn(a, b._2, ref t0, ref t1, ref t2, ref t3, ref t4);
        MultiplyIn(a, b._3, ref t0, ref t1, ref t2, ref t3, ref t4);
        var product = new P256Field(t0, t1, t2, t3);
        return t4 != 0 || product.IsPrimeOrAbove ? SubtractLimbs(product, Prime, out _) : product;
    }

    /// <summary>p is 3 modulo 4, so a square has the root a^((p + 1) / 4); of anything else that is no root.</summary>
    public bool TrySquareRoot(out P256Field root)
    {
        // (p + 1) / 4 = ((2^32 - 1) · 2^32 + 1) · 2^190 + 2^94; first a^(2^32 - 1) by doubling the run of ones.
        var power = this;
        for (int ones = 1; ones < 32; ones *= 2)
            power = power.Square(ones) * power;
        root = ((power.Square(32) * this).Square(96) * this).Square(94);
        var square = root * root;
        return square._0 == _0 && square._1 == _1 && square._2 == _2 && square._3 == _3;
    }

    private P256Field Square(int times)
    {
        var value = this;
        for (int i = 0; i < times; i++)
            value *= value;
        return value;
    }

    private bool IsPrimeOrAbove
    {
        get
        {
            SubtractLimbs(this, Prime, out ulong borrow);
            return borrow == 0;
        }
    }

    private static void MultiplyIn(in P256Field a, ulong limb, ref ulong t0, ref ulong t1, ref ulong t2, ref ulong t3, ref ulong t4)
    {
        ulong carry = 0;
        t0 = MultiplyAdd(a._0, limb, t0, ref carry);
        t1 = MultiplyAdd(a._1, limb, t1, ref carry);
        t2 = MultiplyAdd(a._2, limb, t2, ref carry);
        t3 = MultiplyAdd(a._3, limb, t3, ref carry);
        t4 = Add(t4, carry, out ulong t5);
        // -1 / p is 1 modulo 2^64, so the lowest limb itself is the multiple of p that makes it zero; it then carries itself.
        ulong multiple = t0;
        carry = multiple;
        t0 = MultiplyAdd(multiple, Prime1, t1, ref carry);
        t1 = Add(t2, carry, out carry);
        t2 = MultiplyAdd(multiple, Prime3, t3, ref carry);
        t3 = Add(t4, carry, out carry);
        t4 = t5 + carry;
    }

    /// <summary>The low limb of a · b + c + carry; the high one becomes the carry.</summary>
    private static ulong MultiplyAdd(ulong a, ulong b, ulong c, ref ulong carry)
    {
        ulong high = Math.BigMul(a, b, out ulong low);
        low = Add(low, c, out ulong carry1);
        low = Add(low, carry, out ulong carry2);
        carry = high + carry1 + carry2;
        return low;
    }

    private static ulong Add(ulong a, ulong b, out ulong carry)
    {
        ulong sum = a + b;
        carry = sum < a ? 1UL : 0;
        return sum;
    }

    private static P256Field AddLimbs(in P256Field a, in P256Field b, out ulong carry)
    {
        ulong s0 = AddCarry(a._0, b._0, 0, out carry), s1 = AddCarry(a._1, b._1, carry, out carry);
        ulong s2 = AddCarry(a._2, b._2, carry, out carry), s3 = AddCarry(a._3, b._3, carry, out carry);
        return new P256Field(s0, s1, s2, s3);
    }

    private static P256Field SubtractLimbs(in P256Field a, in P256Field b, out ulong borrow)
    {
        ulong d0 = SubtractBorrow(a._0, b._0, 0, out borrow), d1 = SubtractBorrow(a._1, b._1, borrow, out borrow);
        ulong d2 = SubtractBorrow(a._2, b._2, borrow, out borrow), d3 = SubtractBorrow(a._3, b._3, borrow, out borrow);
        return new P256Field(d0, d1, d2, d3);
    }

    private static ulong AddCarry(ulong a, ulong b, ulong carryIn, out ulong carry)
    {
        ulong sum = Add(Add(a, b, out ulong carry1), carryIn, out ulong carry2);
        carry = carry1 + carry2;
        return sum;
    }

    private static ulong SubtractBorrow(ulong a, ulong b, ulong borrowIn, out ulong borrow)
    {
        ulong difference = a - b, rest = difference - borrowIn;
        borrow = (a < b ? 1UL : 0) | (difference < borrowIn ? 1UL : 0);
        return rest;
    }

    // The limbs of p that are neither zero nor all ones.
    private const ulong Prime1 = 0x0000_0000_FFFF_FFFF;
    private const ulong Prime3 = 0xFFFF_FFFF_0000_0001;

    private static readonly P256Field Prime = new(ulong.MaxValue, Prime1, 0, Prime3);

    /// <summary>2^512 modulo p, which brings a number into Montgomery's form.</summary>
    private static readonly P256Field Radix2 = new(0x0000_0000_0000_0003, 0xFFFF_FFFB_FFFF_FFFF, 0xFFFF_FFFF_FFFF_FFFE, 0x0000_0004_FFFF_FFFD);
}
