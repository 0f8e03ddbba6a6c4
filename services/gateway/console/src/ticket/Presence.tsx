import { usePresent } from "@/live/store";
import { Avatar } from "@/ui/marks";

export function Presence({ ticket }: { ticket: string }) {
  const people = usePresent(ticket);
  if (people.length === 0) return null;
  const typist = people.find((person) => person.typing);
  return (
    <span className="presence" data-testid="presence">
      {typist && <span className="meta">{typist.name} is typing</span>}
      {people.slice(0, 3).map((person) => (
        <Avatar key={person.id} name={person.name} px={22} />
      ))}
      <span className="sr">{people.map((person) => person.name).join(", ")} also here</span>
    </span>
  );
}
