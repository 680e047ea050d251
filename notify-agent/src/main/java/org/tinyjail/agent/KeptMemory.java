package org.tinyjail.agent;

import org.jspecify.annotations.Nullable;

/** What was behind the arguments of a call, read while it waited. */
final class KeptMemory implements MemoryView {
  /** Nothing could be read. */
  static final KeptMemory NOTHING = new KeptMemory(new Block[6]);

  private final @Nullable Block[] blocks;

  /**
   * @param blocks one for each argument; not copied
   */
  KeptMemory(@Nullable Block[] blocks) {
    this.blocks = blocks;
  }

  @Override
  public @Nullable Block block(int index) {
    return blocks[index];
  }

  /** Bytes that it holds. */
  int size() {
    int size = 0;
    for (Block block : blocks) {
      size += block == null ? 0 : block.bytes().length();
    }
    return size;
  }
}
