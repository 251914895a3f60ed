/** As many commands at once as a small machine takes without each getting slower for it. */
const atOnce = 16;

/** What `work` makes of each item, in their order; `most` of them are at work side by side. */
export async function mapAtOnce<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
  most = atOnce,
): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = items.entries();
  const worker = async () => {
    for (const [position, item] of waiting) results[position] = await work(item);
  };
  await Promise.all(Array.from({ length: most }, worker));
  return results;
}
