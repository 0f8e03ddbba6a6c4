import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowLeft, Search, Users } from "lucide-react";
import { useDeferredValue, useEffect, useRef, useState } from "react";
import { keys } from "@/api/cache";
import * as api from "@/api/endpoints";
import { reasonOf } from "@/api/http";
import type { Customer } from "@/api/types";
import { Profile } from "@/customers/Profile";
import { MenuButton } from "@/shell/MenuButton";
import { Empty, Failed, useSlow } from "@/ui/controls";
import { Avatar } from "@/ui/marks";

const HEIGHT = 56;

function Row({ customer, open }: { customer: Customer; open: boolean }) {
  const name = customer.name || customer.email || "Unknown";
  return (
    <Link
      to="/customers/{-$customer}"
      params={{ customer: customer.id }}
      className={open ? "row customer-row sel" : "row customer-row"}
      aria-current={open ? "true" : undefined}
      data-testid="customer-row"
    >
      <Avatar name={name} px={28} />
      <span className="who">{name}</span>
      <span className="l2 sn-only">{customer.email ?? "no address"}</span>
    </Link>
  );
}

function useCustomers(q: string) {
  return useInfiniteQuery({
    queryKey: [...keys.customers, q],
    queryFn: async ({ pageParam }) => (await api.listCustomers(q, pageParam)).data,
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: 10_000,
    placeholderData: (before) => before,
  });
}

function CustomerList({ opened }: { opened: string | undefined }) {
  const [typed, setTyped] = useState("");
  const q = useDeferredValue(typed.trim());
  const { data, isPending, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useCustomers(q);
  const slow = useSlow(isPending);
  const scroller = useRef<HTMLDivElement>(null);
  const customers = data?.pages.flatMap((page) => page.data) ?? [];
  const virtual = useVirtualizer({
    count: customers.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => HEIGHT,
    overscan: 8,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && last >= customers.length - 8) void fetchNextPage();
  }, [last, customers.length, hasNextPage, isFetchingNextPage, fetchNextPage]);
  return (
    <section className="list" aria-label="Customers">
      <div className="head">
        <MenuButton />
        <h2>Customers</h2>
      </div>
      <label className="list-find">
        <Search size={14} strokeWidth={1.75} />
        <input
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          placeholder="Name or address"
          aria-label="Find a customer"
        />
      </label>
      <div className="rows" ref={scroller}>
        {slow && <p className="meta pad">Reading…</p>}
        {error && !data && <Failed what="The customers could not be read" reason={reasonOf(error)} retry={() => void refetch()} />}
        {data && customers.length === 0 && (
          <Empty icon={<Users size={20} strokeWidth={1.75} />} title={q ? `Nobody called “${q}”` : "Nobody has written yet"}>
            {q ? "Try a part of the name or of the address." : "Whoever writes appears here by themselves."}
          </Empty>
        )}
        <div style={{ height: virtual.getTotalSize(), position: "relative" }}>
          {items.map((item) => {
            const customer = customers[item.index];
            if (!customer) return null;
            return (
              <div key={customer.id} className="slot" style={{ height: HEIGHT, transform: `translateY(${item.start}px)` }}>
                <Row customer={customer} open={customer.id === opened} />
              </div>
            );
          })}
        </div>
      </div>
    </section>
  );
}

export default function CustomersPage() {
  const { customer: opened } = useParams({ strict: false }) as { customer?: string };
  useEffect(() => {
    document.title = "Customers · Helpdesk";
  }, []);
  return (
    <div className={`inbox two ${opened ? "has-ticket" : ""}`}>
      <CustomerList opened={opened} />
      <main className={opened ? "pane" : "pane nothing"}>
        {opened ? (
          <>
            <div className="head only-small">
              <Link to="/customers/{-$customer}" params={{ customer: undefined }} className="ib" aria-label="Back to the customers">
                <ArrowLeft size={16} strokeWidth={1.75} />
              </Link>
            </div>
            <div className="article-scroll">
              <Profile key={opened} id={opened} />
            </div>
          </>
        ) : (
          <Empty icon={<Users size={20} strokeWidth={1.75} />} title="Who writes to you">
            Open somebody to see every ticket of theirs and every address they write from.
          </Empty>
        )}
      </main>
    </div>
  );
}
