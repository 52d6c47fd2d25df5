import type { Room } from "@heliograph/client";
import { type TransferView, useTransfers } from "@heliograph/client/react";
import { type ChangeEvent, useEffect, useState } from "react";

export function Files({ room }: { room: Room | null }) {
  const { transfers, error, sendFile } = useTransfers(room);
  const send = ({ target }: ChangeEvent<HTMLInputElement>) => {
    void sendFile([...(target.files ?? [])]);
    target.value = "";
  };
  return (
    <section>
      <h2>Files</h2>
      <label>
        Send files <input type="file" multiple onChange={send} />
      </label>
      {error && <p role="alert">{error.message}</p>}
      <ul aria-label="Files">
        {transfers.map((one) => (
          <li key={one.id}>
            {one.name}: {one.error?.message ?? one.state}, {one.bytes} of {one.size ?? "?"} bytes{" "}
            <Actions of={one} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Actions({ of: { name, state, direction, file, transfer } }: { of: TransferView }) {
  if (file) return <Save file={file} name={name} />;
  if (state !== "offered" || direction === "up") return null;
  return (
    <>
      {/* What goes wrong is shown by the transfer itself. */}
      <button type="button" onClick={() => void transfer.accept().catch(() => {})}>
        Accept
      </button>
      <button type="button" onClick={() => transfer.decline()}>
        Decline
      </button>
    </>
  );
}

function Save({ file, name }: { file: Blob; name: string }) {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(file);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return (
    <a href={url} download={name}>
      Save
    </a>
  );
}
