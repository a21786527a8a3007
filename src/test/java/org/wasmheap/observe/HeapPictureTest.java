package org.wasmheap.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.wasmheap.allocator.HeapAudit;
import org.wasmheap.allocator.HeapAudit.Block;
import org.wasmheap.allocator.HeapAudit.OrderCount;
import org.wasmheap.allocator.HeapAudit.Use;
import org.wasmheap.observe.HeapMap.Piece;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/** A heap as an SVG document. */
class HeapPictureTest {
  private static final String METADATA = "westend-9300__Metadata_metadata";
  private static final int PEAK = 14_762;
  private static final Pattern BAR =
      Pattern.compile("M([0-9.]+) (\\d+)h([0-9.]+)v(\\d+)h-([0-9.]+)z");

  private static Document draw(HeapMap map) {
    return parse(HeapPicture.svg(map, "title", "description"));
  }

  private static Document parse(String svg) {
    try {
      DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
      factory.setNamespaceAware(true);
      factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
      return factory.newDocumentBuilder().parse(new InputSource(new StringReader(svg)));
    } catch (ParserConfigurationException | SAXException | IOException e) {
      throw new AssertionError(svg, e);
    }
  }

  private static List<Element> elements(Document svg, String name) {
    NodeList nodes = svg.getElementsByTagName(name);
    List<Element> elements = new ArrayList<>();
    for (int i = 0; i < nodes.getLength(); i++) {
      elements.add((Element) nodes.item(i));
    }
    return elements;
  }

  private static List<String> texts(Document svg, String name) {
    return elements(svg, name).stream().map(Element::getTextContent).toList();
  }

  /** The area that the rows of a picture give to each kind of bytes, in square pixels. */
  private static Map<String, Double> areas(Document svg) {
    Map<String, Double> areas = new HashMap<>();
    for (Element path : elements(svg, "path")) {
      Matcher bar = BAR.matcher(path.getAttribute("d"));
      while (bar.find()) {
        double area = Double.parseDouble(bar.group(3)) * Double.parseDouble(bar.group(4));
        areas.merge(path.getAttribute("class"), area, Double::sum);
      }
    }
    return areas;
  }

  private static HeapMap fewBlocks() {
    Heaps heap = new Heaps(1);
    heap.malloc(5);
    heap.malloc(20);
    heap.free(heap.malloc(100));
    return heap.map();
  }

  @Test
  void it_is_one_document_that_needs_nothing_from_outside() {
    // when
    String svg = HeapPicture.svg(Heaps.ofTrace(METADATA, PEAK), "title", "description");
    Document document = parse(svg);

    // then
    assertEquals("svg", document.getDocumentElement().getLocalName());
    assertEquals("http://www.w3.org/2000/svg", document.getDocumentElement().getNamespaceURI());
    assertEquals(List.of(), elements(document, "script"));
    assertEquals(List.of(), elements(document, "image"));
    assertFalse(svg.contains("href"), "a link");
    assertFalse(svg.contains("@import") || svg.contains("@font-face"), "a style from outside");
    assertFalse(Pattern.compile("url\\((?!#)").matcher(svg).find(), "a reference to elsewhere");
  }

  @Test
  void it_has_a_background_of_its_own_so_that_it_can_be_read_on_any_page() {
    Element first = elements(draw(fewBlocks()), "rect").get(0);

    assertEquals("bg", first.getAttribute("class"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"<b>\"&'", "]]>", "a\u0000\u001b[2J\uFFFFz", "\uD800 half of a character"})
  void a_title_from_anywhere_leaves_it_well_formed(String title) {
    Document svg = parse(HeapPicture.svg(fewBlocks(), title, title));

    assertEquals(1, elements(svg, "style").size());
    assertEquals(1, elements(svg, "desc").size());
  }

  @Test
  void a_heap_of_few_blocks_shows_each_with_what_it_is() {
    // when
    Document svg = draw(fewBlocks());

    // then
    List<String> titles = texts(svg, "title");
    assertTrue(
        titles.contains("live block of order 0, 16 bytes from 1,000 (0x3e8), 5 asked for"),
        titles::toString);
    assertTrue(
        titles.contains("free block of order 4, 136 bytes from 1,056 (0x420)"), titles::toString);
    // 192 bytes in a row of 256 that is 896 wide and 12 high; each kind ends 0.6 early
    Map<String, Double> areas = areas(svg);
    double pixels = 896.0 / 256 * 12;
    assertEquals(16 * pixels, areas.get("h"), 2 * 0.7 * 12);
    assertEquals(5 * pixels, areas.get("l0"), 0.7 * 12);
    assertEquals(20 * pixels, areas.get("l2"), 0.7 * 12);
    assertEquals(15 * pixels, areas.get("w"), 2 * 0.7 * 12);
    assertEquals(136 * pixels, areas.get("f4"), 2 * 0.7 * 12);
  }

  @Test
  void a_large_heap_shows_each_kind_of_bytes_in_proportion() {
    // given
    HeapMap map = Heaps.ofTrace(METADATA, PEAK);
    Map<String, Long> bytes = new HashMap<>();
    for (Piece piece : map.pieces()) {
      if (piece.use() == Use.LIVE) {
        long asked = piece.askedBytes().orElseThrow();
        bytes.merge("h", 8L, Long::sum);
        bytes.merge("l" + piece.order(), asked, Long::sum);
        bytes.merge("w", piece.bytes() - 8 - asked, Long::sum);
      } else {
        bytes.merge("f" + piece.order(), piece.bytes(), Long::sum);
      }
    }

    // when
    Map<String, Double> areas = areas(draw(map));

    // then
    double all = areas.values().stream().mapToDouble(Double::doubleValue).sum();
    bytes.forEach(
        (kind, count) ->
            assertEquals(
                (double) count / map.spanBytes(),
                areas.getOrDefault(kind, 0.0) / all,
                0.005,
                () -> "share of " + kind));
  }

  @Test
  void bumper_growths_and_rows_are_named_with_their_addresses() {
    // when
    Document svg = draw(Heaps.ofTrace(METADATA, PEAK));

    // then
    List<String> texts = texts(svg, "text");
    assertTrue(texts.contains("bumper 3,237,120"), texts::toString);
    assertTrue(texts.contains("21 to 42 pages"), texts::toString);
    assertTrue(texts.contains("42 to 84 pages"), texts::toString);
    assertTrue(texts.contains("1,376,256  0x150000"), texts::toString);
    List<String> titles = texts(svg, "title");
    assertTrue(
        titles.contains(
            "after 129 operations the memory grew from 21 to 42 pages, for the allocator"),
        titles::toString);
  }

  @Test
  void every_order_in_use_has_a_line_with_what_is_unusable_for_it() {
    // given
    HeapMap map = Heaps.ofTrace(METADATA, PEAK);

    // when
    List<String> texts = texts(draw(map), "text");

    // then
    for (int order = 0; order <= 16; order++) {
      String share = Numbers.percent(map.unusableShare(order));
      assertTrue(texts.contains(share), () -> share + " in " + texts);
      assertTrue(texts.contains(Integer.toString(order)), texts::toString);
    }
  }

  @Test
  void a_row_tells_what_it_holds_and_all_rows_together_hold_the_heap() {
    // given
    HeapMap map = Heaps.ofTrace(METADATA, PEAK);
    Pattern number = Pattern.compile("(live|headers|waste|free|unknown) ([0-9,]+)");

    // when
    long sum = 0;
    for (Element tip : elements(draw(map), "rect")) {
      Matcher numbers = number.matcher(tip.getTextContent());
      while (numbers.find()) {
        sum += Long.parseLong(numbers.group(2).replace(",", ""));
      }
    }

    // then
    assertEquals(map.spanBytes(), sum);
  }

  @Test
  void an_empty_heap_is_a_picture_too() {
    List<String> texts = texts(draw(new Heaps(1).map()), "text");

    assertTrue(texts.contains("bumper 1,000"), texts::toString);
  }

  @ParameterizedTest
  @ValueSource(ints = {300, 5_000, 65_536})
  void it_stays_small_whatever_the_heap_is_like(int blocks) {
    // given blocks of all orders and uses in disorder, over as much as 4 GiB
    List<Use> uses = List.of(Use.LIVE, Use.FREE, Use.UNKNOWN);
    Random random = new Random(blocks);
    List<Block> pieces = new ArrayList<>();
    long at = 8;
    for (int i = 0; i < blocks; i++) {
      int order = random.nextInt(random.nextInt(100) == 0 ? 15 : 6);
      Use use = uses.get(random.nextInt(uses.size()));
      pieces.add(new Block(at, (8L << order) + 8, use == Use.UNKNOWN ? -1 : order, use));
      at += (8L << order) + 8;
    }
    List<OrderCount> orders = new ArrayList<>();
    for (int order = 0; order < 29; order++) {
      orders.add(new OrderCount(order, 1, 1));
    }
    HeapAudit audit =
        new HeapAudit(8, at, 1L << 32, orders, 0, 0, List.of(), 0, pieces, blocks, true);

    // when
    String svg =
        HeapPicture.svg(HeapMap.of(audit, pointer -> 3, List.of()), "title", "description");

    // then
    parse(svg);
    assertTrue(svg.length() < 100_000, () -> svg.length() + " characters");
  }

  @Test
  void a_heap_that_fills_4_gib_to_the_last_byte_is_drawn() {
    // given
    long most = 1L << 32;
    HeapAudit audit =
        new HeapAudit(
            8,
            most,
            most,
            List.of(new OrderCount(0, 0, 1)),
            0,
            0,
            List.of(),
            0,
            List.of(new Block(8, most - 8, 0, Use.FREE)),
            1,
            true);

    // when
    Document svg = draw(HeapMap.of(audit, pointer -> -1, List.of()));

    // then
    assertTrue(texts(svg, "text").contains("bumper 4,294,967,296"));
  }
}
