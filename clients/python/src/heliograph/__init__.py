"""Python peers for Heliograph: rooms over WebRTC with text, files, data channels and media.

async with heliograph.join("https://app.example/api", "tea", name="Ann") as room:
    await room.send_text("hello, everyone")
    async for event in room.events():
        match event:
            case heliograph.TextReceived(peer, text):
                print(peer.name, text)
"""

from heliograph.errors import HeliographError as HeliographError
from heliograph.events import ChannelOpened as ChannelOpened
from heliograph.events import Closed as Closed
from heliograph.events import DataReceived as DataReceived
from heliograph.events import ErrorOccurred as ErrorOccurred
from heliograph.events import Event as Event
from heliograph.events import FileOffered as FileOffered
from heliograph.events import PeerJoined as PeerJoined
from heliograph.events import PeerLeft as PeerLeft
from heliograph.events import PeerUpdated as PeerUpdated
from heliograph.events import RoomLocked as RoomLocked
from heliograph.events import RoomState as RoomState
from heliograph.events import StateChanged as StateChanged
from heliograph.events import TextReceived as TextReceived
from heliograph.events import TrackAdded as TrackAdded
from heliograph.events import TrackRemoved as TrackRemoved
from heliograph.events import TransferUpdated as TransferUpdated
from heliograph.files.incoming import Incoming as Incoming
from heliograph.files.outgoing import Outgoing as Outgoing
from heliograph.files.transfer import Transfer as Transfer
from heliograph.peer.own_channel import OwnChannel as OwnChannel
from heliograph.peer.peer import Peer as Peer
from heliograph.room.delivery import Sent as Sent
from heliograph.room.join import create_room as create_room
from heliograph.room.join import join as join
from heliograph.room.room import Room as Room
from heliograph.wire.protocol import CreatedRoom as CreatedRoom
from heliograph.wire.protocol import Invite as Invite
from heliograph.wire.sources import Source as Source
